from services.migration_environment import run

run()
