"""Runs the migrations on the connection that `recommender.store.database.upgrading` hands over."""

from alembic import context

from recommender.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot change a column: a batch builds the table anew
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
