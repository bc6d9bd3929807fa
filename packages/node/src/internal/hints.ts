/** What each setting is, for the person who has to set it. The names are those of `.env.example`. */
export const hints: Readonly<Record<string, string>> = {
  YUNMO_MERCHANT_NO: "the merchant number from YUNMO, BU078255558 say",
  YUNMO_API_KEY: "the API key from the merchant console, API Management",
  YUNMO_SECRET_KEY: "the secret key from the merchant console, API Management",
  YUNMO_ACCEPTED_SECRET_KEYS: "further secret keys to accept while one is changed, separated by commas",
  YUNMO_BASE_URL: "the API's address; the vendor's sandbox when not set, production has to be given",
  YUNMO_DATABASE: "the path of the SQLite file",
  YUNMO_CONTRACT_FILE: "the path of a JSON file with corrections of paths, fields and enums",
  WEBHOOK_HOST: "the address to listen on, 127.0.0.1 when not set",
  WEBHOOK_PORT: "the port to listen on, 8787 when not set, 0 for a free one",
  WEBHOOK_PATH: "the path of the callback URL, /yunmo/notifications when not set",
  WORKER_THREE_DS_POLICY: "approve, decline, or ask (the default)",
  WORKER_POLL_INTERVAL: "how long the worker waits when there is nothing to do, 500 millis when not set",
  SANDBOX_CONTROL_TOKEN: "the credential of the sandbox's control routes; one for development when not set",
  SANDBOX_URL: "where yunmo trigger and inspect find the sandbox, http://127.0.0.1:8788 when not set"
}
