"""Schema, queries and migrations: the only SQL of the project."""

from sqlalchemy import Connection, Engine, Table

from recommender.store import schema
from recommender.store.access.audit import (
    AuditEntry,
    AuditVerdict,
    StoredEntry,
    append_entries,
    list_entries,
    read_people_of_refs,
    verify_trail,
)
from recommender.store.access.idempotency import (
    KeptAnswer,
    claim_answer,
    find_answer,
    keep_answer,
)
from recommender.store.access.keys import (
    StoredKey,
    change_key,
    has_keys,
    insert_key,
    list_keys,
    read_counters,
    read_key,
    unit_exists,
)
from recommender.store.database.backup import backup_database, restore_database
from recommender.store.database.checking import check_database
from recommender.store.database.connections import database_exists, reading, writing
from recommender.store.database.upgrading import open_database, upgrade_database
from recommender.store.people.people import PersonHead, find_person, read_refs
from recommender.store.privacy.erasure import (
    delete_rows,
    erase_rows,
    has_open_jobs,
    make_pseudonym,
    note_erasure_request,
    read_erasure_request,
)
from recommender.store.privacy.holdings import read_holdings
from recommender.store.privacy.retention import (
    Limits,
    count_due,
    delete_facts,
    delete_traces,
    find_people_due,
    read_rating_days,
)
from recommender.store.scope import EVERYONE, NO_ONE, Scope, covers_unit
from recommender.store.snapshots import (
    Snapshot,
    read_ids,
    read_improvement_records,
    read_managers,
    read_offerings,
    read_snapshot,
    read_table,
)
from recommender.store.writes import (
    Written,
    count_change,
    org_path,
    to_rows,
    touch_people,
    try_write,
    write_kind,
    write_people,
    write_rows,
)

__all__ = [
    "EVERYONE",
    "NO_ONE",
    "AuditEntry",
    "AuditVerdict",
    "Connection",
    "Engine",
    "KeptAnswer",
    "Limits",
    "PersonHead",
    "Scope",
    "Snapshot",
    "StoredEntry",
    "StoredKey",
    "Table",
    "Written",
    "append_entries",
    "backup_database",
    "change_key",
    "check_database",
    "claim_answer",
    "count_change",
    "count_due",
    "covers_unit",
    "database_exists",
    "delete_facts",
    "delete_rows",
    "delete_traces",
    "erase_rows",
    "find_answer",
    "find_people_due",
    "find_person",
    "has_keys",
    "has_open_jobs",
    "insert_key",
    "keep_answer",
    "list_entries",
    "list_keys",
    "make_pseudonym",
    "note_erasure_request",
    "open_database",
    "org_path",
    "read_counters",
    "read_erasure_request",
    "read_holdings",
    "read_ids",
    "read_improvement_records",
    "read_key",
    "read_managers",
    "read_offerings",
    "read_people_of_refs",
    "read_rating_days",
    "read_refs",
    "read_snapshot",
    "read_table",
    "reading",
    "restore_database",
    "schema",
    "to_rows",
    "touch_people",
    "try_write",
    "unit_exists",
    "upgrade_database",
    "verify_trail",
    "write_kind",
    "write_people",
    "write_rows",
    "writing",
]
