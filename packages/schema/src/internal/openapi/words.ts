/** Titles, names and paths as lists of words that mean the same in English and Chinese. */

/** Words that say nothing about which operation it is. */
const silent = new Set(
  "a an the of to by for from as in on and or with api apis interface endpoint service v1 v2 v3 open openapi rest dto vo req request response resp".split(
    " "
  )
)

/** One word for several that are used for the same thing. */
const same: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    query: "querying queried get fetch search inquire inquiry enquiry retrieve find check view read",
    list: "page paged",
    create: "creating creation add adding new apply issue register",
    update: "updating modify modification change edit set reset",
    destroy: "cancel cancellation terminate delete remove close destroying destruction",
    freeze: "freezing lock block suspend",
    unfreeze: "unfreezing unlock unblock resume thaw",
    activate: "active activation activating",
    bind: "binding bound",
    adjust: "adjusting adjustment",
    topup: "recharge deposit reload",
    authorization: "authorisation authorize auth oauth authorise authentication",
    confirm: "confirmation confirming",
    login: "signin logon",
    customer: "user client holder cardholder",
    info: "information",
    detail: "details",
    result: "results",
    phone: "mobile telephone tel cellphone",
    email: "mail mailbox",
    sample: "product template bin",
    available: "usable",
    link: "url uri href",
    limit: "limits quota",
    html: "h5page",
    submit: "submission submitting upload",
    "3ds": "threeds 3dsecure"
  }).flatMap(([word, others]) => others.split(" ").map((other) => [other, word]))
)

/** Longer ones first: 解冻 is not 冻结, 客户卡 is a customer's card. */
const chinese: ReadonlyArray<readonly [string, string]> = (
  [
    ["登录授权", "login authorization"],
    ["登录", "login"],
    ["登陆", "login"],
    ["授权", "authorization"],
    ["鉴权", "authorization"],
    ["认证", "authorization"],
    ["身份认证", "kyc"],
    ["实名认证", "kyc"],
    ["令牌", "token"],
    ["创建", "create"],
    ["新增", "create"],
    ["新建", "create"],
    ["添加", "create"],
    ["申请", "create"],
    ["开立", "create"],
    ["开卡", "create card"],
    ["客户", "customer"],
    ["用户", "customer"],
    ["持卡人", "customer"],
    ["信息", "info"],
    ["资料", "info"],
    ["查询", "query"],
    ["获取", "query"],
    ["查看", "query"],
    ["列表", "list"],
    ["提交", "submit"],
    ["上传", "submit"],
    ["活体检测", "liveness"],
    ["活体认证", "liveness"],
    ["人脸识别", "liveness"],
    ["活体", "liveness"],
    ["人脸", "liveness"],
    ["链接", "link"],
    ["地址", "link"],
    ["结果", "result"],
    ["状态", "status"],
    ["可用", "available"],
    ["卡样本", "card sample"],
    ["卡样式", "card sample"],
    ["卡产品", "card sample"],
    ["卡模板", "card sample"],
    ["卡样", "card sample"],
    ["卡种", "card sample"],
    ["卡片样本", "card sample"],
    ["虚拟卡", "virtual card"],
    ["虚拟", "virtual"],
    ["实体卡", "physical card"],
    ["物理卡", "physical card"],
    ["实体", "physical"],
    ["卡片", "card"],
    ["卡号", "card pan"],
    ["销卡", "destroy card"],
    ["绑卡", "bind card"],
    ["卡", "card"],
    ["余额", "balance"],
    ["调整", "adjust"],
    ["调额", "adjust balance"],
    ["充值", "topup"],
    ["订单", "order"],
    ["详情", "detail"],
    ["明细", "detail"],
    ["销毁", "destroy"],
    ["注销", "destroy"],
    ["解冻", "unfreeze"],
    ["冻结", "freeze"],
    ["密码", "pin"],
    ["密文", "encrypt"],
    ["修改", "update"],
    ["更新", "update"],
    ["变更", "update"],
    ["更换", "update"],
    ["手机号码", "phone number"],
    ["电话号码", "phone number"],
    ["手机号", "phone number"],
    ["手机", "phone"],
    ["电话", "phone"],
    ["电子邮箱", "email"],
    ["邮箱", "email"],
    ["邮件", "email"],
    ["限额", "limit"],
    ["额度", "limit"],
    ["绑定", "bind"],
    ["激活", "activate"],
    ["确认", "confirm"],
    ["交易", "transaction"],
    ["回调", "callback"],
    ["通知", "notification"],
    ["补卡", "replace card"],
    ["换卡", "replace card"],
    ["流水", "transaction"],
    ["撤销", "revoke"],
    ["退款", "refund"],
    ["转账", "transfer"],
    ["汇率", "rate"],
    ["商户", "merchant"],
    ["账户", "account"]
  ] as const
).toSorted(([left], [right]) => right.length - left.length)

const translated = (text: string): string =>
  /\p{Script=Han}/u.test(text)
    ? chinese.reduce((rest, [from, to]) => rest.replaceAll(from, ` ${to} `), text)
    : text

const singular = (word: string): string =>
  word.length > 3 && word.endsWith("s") && !/(?:ss|us|is|3ds|kyc|status|address)$/.test(word)
    ? word.slice(0, -1)
    : word

const wordOf = (word: string): string => {
  const one = same[word] ?? singular(word)
  return Object.hasOwn(same, one) ? (same[one] ?? one) : one
}

/** The words of a text; camelCase, paths and hyphens are taken apart. */
export const wordsIn = (text: string): ReadonlyArray<string> =>
  translated(text.normalize("NFKC"))
    .replace(/\b3[\s-]?d[\s-]?s(?:ecure)?\b/gi, " threeds ")
    .replace(/3DS/g, " Threeds ")
    .replace(/\btop[\s-]?up\b/gi, " topup ")
    .replace(/TopUp/g, " Topup ")
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== "" && !silent.has(word))
    .map(wordOf)

/** How many words two lists share: 1 for the same, 0 for none. */
export const alike = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): number => {
  if (left.length === 0 || right.length === 0) {
    return 0
  }
  const rest = [...right]
  const shared = left.filter((word) => {
    const at = rest.indexOf(word)
    if (at >= 0) {
      rest.splice(at, 1)
    }
    return at >= 0
  }).length
  return (2 * shared) / (left.length + right.length)
}

export const isSame = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): boolean =>
  left.length > 0 && [...left].sort().join(" ") === [...right].sort().join(" ")

const numbered =
  /^[\s[({<【《「#]*(?:第|no\.?|section)?\s*(\d{1,2})\s*[._-]\s*(\d{1,2})(?![\d.])[\s\])}>】》」.、:\-_]*/i
/** Between two numbers of one title. */
const between = /^(?:[/,&+~和与]|and\b)\s*/i

/** `4.2` of `4.02 Create virtual card`, `【4.02】创建虚拟卡` and `4.2、创建虚拟卡`; two of `4.8/4.9 冻结、解冻卡`. */
export const sectionsOf = (
  title: string
): { readonly sections: ReadonlyArray<string>; readonly rest: string } => {
  const sections: Array<string> = []
  let rest = title.normalize("NFKC")
  for (let found = numbered.exec(rest); found !== null; found = numbered.exec(rest)) {
    sections.push(`${Number(found[1])}.${Number(found[2])}`)
    rest = rest.slice(found[0].length).replace(between, "")
  }
  return { sections, rest }
}

/** The names inside a generic one, outermost first: `ResponseResult«List«CardQueryVo»»`. */
export const innerNames = (name: string): ReadonlyArray<string> =>
  name.split(/[«»<>,\s]+/).filter((part) => part !== "")

/** How alike two field names are: by their words, or by their letters. */
export const nearness = (left: string, right: string): number => {
  const fold = (name: string): ReadonlyArray<string> => fieldWords(name)
  return Math.max(alike(fold(left), fold(right)), pairsAlike(left.toLowerCase(), right.toLowerCase()))
}

const fieldSame: Readonly<Record<string, string>> = {
  birth: "birthday",
  birthdate: "birthday",
  dob: "birthday",
  no: "number",
  num: "number",
  nbr: "number",
  code: "number",
  id: "number",
  expires: "expire",
  expiry: "expire",
  expiration: "expire",
  expired: "expire",
  at: "time",
  timestamp: "time",
  date: "time",
  state: "status",
  surname: "lastname",
  country: "nationality",
  picture: "photo",
  image: "photo",
  img: "photo",
  pic: "photo",
  out: "merchant",
  remark: "note",
  reason: "note",
  desc: "description",
  money: "amount",
  ccy: "currency",
  msg: "message",
  ts: "time",
  scheme: "organization"
}

const fieldWords = (name: string): ReadonlyArray<string> =>
  wordsIn(name).map((word) => fieldSame[word] ?? word)

const pairsAlike = (left: string, right: string): number => {
  const pairs = (text: string): ReadonlyArray<string> =>
    Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2))
  return left === right ? 1 : alike(pairs(left), pairs(right))
}
