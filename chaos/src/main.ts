import * as Cli from "./Cli.js"

Cli.main(process.argv)
