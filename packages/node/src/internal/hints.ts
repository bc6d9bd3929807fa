/** What each setting is, for the person who has to set it. The names are those of `.env.example`. */
export const hints: Readonly<Record<string, string>> = {
  YUNMO_MERCHANT_NO: "the merchant number from YUNMO, BU078255558 say",
  YUNMO_API_KEY: "the API key from the merchant console, API Management",
  YUNMO_SECRET_KEY: "the secret key from the merchant console, API Management",
  YUNMO_ACCEPTED_SECRET_KEYS: "further secret keys to accept while one is changed, separated by commas",
  YUNMO_MERCHANTS_FILE:
    "the path of a JSON file with several merchants and their keys, in place of the three above",
  YUNMO_BASE_URL: "the API's address; the vendor's sandbox when not set, production has to be given",
  YUNMO_DATABASE: "the path of the SQLite file, or the postgres:// URL of the database",
  YUNMO_AT_REST_KEYS:
    "keys that encrypt what is secret in the database, separated by commas; the first encrypts",
  YUNMO_CONTRACT_FILE: "the path of a JSON file with corrections of paths, fields and enums",
  YUNMO_LOG_LEVEL: "debug, info, warning or error",
  WEBHOOK_HOST: "the address to listen on, 127.0.0.1 when not set",
  WEBHOOK_PORT: "the port to listen on, 8787 when not set, 0 for a free one",
  WEBHOOK_PATH: "the path of the callback URL, /yunmo/notifications when not set",
  WEBHOOK_ALLOW: "addresses and networks that may send, with commas between; everybody when not set",
  WEBHOOK_TRUSTED_PROXIES: "addresses and networks of proxies whose X-Forwarded-For is believed",
  WEBHOOK_MAX_CONNECTIONS: "connections in all, 4096 when not set",
  WEBHOOK_MAX_CONNECTIONS_PER_ADDRESS: "connections of one address, 256 when not set",
  WEBHOOK_HEADERS_TIMEOUT: "how long headers may take, 10 seconds when not set",
  WEBHOOK_BODY_TIMEOUT: "how long a body may take, 10 seconds when not set",
  WEBHOOK_IDLE_TIMEOUT: "how long a connection may be idle between requests, 65 seconds when not set",
  WEBHOOK_ADMIN_HOST: "the address of the admin port, 127.0.0.1 when not set",
  WEBHOOK_ADMIN_PORT: "the admin port, 8789 when not set, 0 for a free one, or off",
  WEBHOOK_ADMIN_TOKEN:
    "the credential of the admin port, at least 16 characters; openssl rand -hex 32 makes one",
  WORKER_THREE_DS_POLICY: "approve, decline, or ask (the default)",
  WORKER_POLL_INTERVAL: "how long the worker waits when there is nothing to do, 500 millis when not set",
  WORKER_HANDLED_ROWS: "what becomes of what was handled long ago: keep (the default), archive or delete",
  WORKER_KEEP_HANDLED_FOR: "how long it is kept before that, 180 days when not set",
  SANDBOX_CONTROL_TOKEN: "the credential of the sandbox's control routes; one for development when not set",
  SANDBOX_URL: "where yunmo trigger and inspect find the sandbox, http://127.0.0.1:8788 when not set"
}
