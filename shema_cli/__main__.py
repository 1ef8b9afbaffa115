from shema_cli.main import run

run()
