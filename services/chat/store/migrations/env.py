from services.database.migration_environment import run

run()
