from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from workspaces.tenancy import WorkspaceModel


class LeafSet(WorkspaceModel):
    """Who a leaf matches, kept for all trees of the workspace that ask it (engine/storing.py).

    True for the instant `as_of` and for what the database `snapshot` shows; whoever uses it later
    asks the change log what has happened since. The table is unlogged: after a crash it is empty
    and fills itself again.
    """

    key = models.CharField(max_length=64, db_collation="C")  # hash of the question
    name = models.CharField(max_length=200, db_collation="C")  # the leaf, cut, for people
    bits = models.BinaryField()  # bit n is contact number n
    size = models.BigIntegerField()
    as_of = models.DateTimeField()
    snapshot = models.TextField(db_collation="C")
    moments = models.JSONField(default=list)  # the instants its question held at `as_of`
    build_us = models.BigIntegerField(default=0)  # what asking everybody took, microseconds
    patch_us = models.FloatField(default=0)  # what asking one contact again took
    used_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="leaf_set_once"),
        ]
        indexes = [models.Index(fields=["workspace", "used_at"], name="leaf_set_by_use")]


class LeafVector(WorkspaceModel):
    """The numbers a leaf compares, for every contact that has any (engine/vectors.py).

    True as a `LeafSet` is. Another threshold is answered from it.
    """

    key = models.CharField(max_length=64, db_collation="C")
    numbers = models.BinaryField()  # of contacts, 4 bytes each
    totals = models.BinaryField()  # 8 bytes each
    as_of = models.DateTimeField()
    snapshot = models.TextField(db_collation="C")
    moments = models.JSONField(default=list)
    build_us = models.BigIntegerField(default=0)
    used_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="leaf_vector_once"),
        ]
        indexes = [models.Index(fields=["workspace", "used_at"], name="leaf_vector_by_use")]


class KeptTable(WorkspaceModel):
    """A large table of facts as `KeptColumn`s hold it, so that new rows of trees need no scan.

    Every row the database `snapshot` shows; who was written about since is asked anew. `blocks`
    says what is known of each column of each block without reading it (engine/columns/). Unlogged,
    as leaf sets are.
    """

    table = models.CharField(max_length=63, db_collation="C")
    as_of = models.DateTimeField()  # when it was read
    snapshot = models.TextField(db_collation="C")
    size = models.BigIntegerField()  # bytes
    blocks = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "table"], name="kept_table_once"),
        ]


class KeptColumn(WorkspaceModel):
    """The values of one column in one block of a `KeptTable`."""

    table = models.CharField(max_length=63, db_collation="C")
    number = models.PositiveIntegerField()  # of the block, from 0
    column = models.CharField(max_length=63, db_collation="C")
    snapshot = models.TextField(db_collation="C")
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "table", "number", "column"], name="kept_column_once"
            ),
        ]
