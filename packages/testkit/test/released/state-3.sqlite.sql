CREATE TABLE "_tidemark_meta" ("version" bigint not null);

CREATE TABLE "_tidemark_tables" ("name" text not null primary key, "source" text not null, "table_name" text not null, "status" text not null, "facts" text, "cursor_type" text, "free" bigint default 0 not null, "identity" text, "filled" bigint default 0 not null, "paused_for" text, "first_seen_at" bigint not null, "last_synced_at" bigint, "removed_at" bigint, "last_checked_at" bigint, "undeclared" text, "project" text, "reports_deletions" bigint, "failures" bigint, "last_error" text, "error_code" text, "error_remedy" text, "next_try_at" bigint);

CREATE TABLE "_tidemark_partitions" ("name" text not null, "partition" text not null, "cut" bigint, "start_position" bigint, "completed_at" bigint, "revision" text, "revision_facts" text, "seen" text, "seen_end" bigint, "failures" bigint default 0 not null, "next_try_at" bigint, "last_error" text, "gone_at" bigint, "generation" text, "too_young" bigint, "without_cursor" bigint, "error_code" text, "error_remedy" text, "failed_from" bigint, "failed_to" bigint, "checked_at" bigint, constraint "_tidemark_partitions_key" primary key ("name", "partition"));

CREATE TABLE "_tidemark_coverage" ("name" text not null, "partition" text not null, "from_position" bigint, "to_position" bigint not null, "claimed" bigint not null);

CREATE TABLE "_tidemark_rereads" ("id" integer primary key autoincrement, "name" text not null, "partition" text not null, "from_position" bigint, "to_position" bigint, "asked_at" bigint not null, "reason" text not null);

CREATE TABLE "_tidemark_runners" ("id" text not null primary key, "host" text not null, "pid" bigint not null, "started_at" bigint not null, "heartbeat_at" bigint not null, "lease_ms" bigint not null, "every_ms" bigint, "due_at" bigint);

CREATE TABLE "_tidemark_leases" ("id" integer primary key autoincrement, "name" text not null unique, "runner" text, "fence" bigint default 0 not null, "commits" bigint default 0 not null, "since" bigint);

CREATE TABLE "_tidemark_runs" ("run" integer primary key autoincrement, "runner" text not null, "host" text not null, "pid" bigint not null, "started_at" bigint not null, "ended_at" bigint, "exit_code" bigint, "error" text, "ended_by" text, "folded_steps" bigint, "folded_tables" bigint, "folded_read" bigint, "folded_unchanged" bigint, "folded_deduped" bigint, "folded_trimmed" bigint);

CREATE TABLE "_tidemark_steps" ("run" bigint not null, "step" bigint not null, "name" text not null, "partition" text not null, "kind" text not null, "from_position" bigint, "to_position" bigint, "began_at" bigint not null, "ended_at" bigint, "parts" bigint not null, "rows_read" bigint default 0 not null, "rows_written" bigint default 0 not null, "rows_unchanged" bigint default 0 not null, "rows_deduped" bigint default 0 not null, "rows_trimmed" bigint default 0 not null, "rows_rejected" bigint default 0 not null, "rows_deleted" bigint default 0 not null, "duration_ms" bigint not null, "error" text, "attempt" bigint default 1 not null, "writing_ms" bigint default 0 not null, constraint "_tidemark_steps_key" primary key ("run", "step"));

CREATE TABLE "_tidemark_rejects" ("id" integer primary key autoincrement, "name" text not null, "partition" text not null, "run" bigint not null, "step" bigint not null, "key" text, "position" bigint, "code" text not null, "message" text not null, "payload" text not null, "hash" text not null, "rejected_at" bigint not null, "times" bigint default 1 not null);

CREATE TABLE "_tidemark_changes" ("id" integer primary key autoincrement, "name" text not null, "change" text not null, "changed_at" bigint not null);

CREATE TABLE "_tidemark_failing_sources" ("source" text not null, "project" text not null, "failures" bigint not null, "failed_at" bigint not null, "error" text not null, "error_code" text, "error_remedy" text, constraint "_tidemark_failing_sources_key" primary key ("source", "project"));

CREATE TABLE "_tidemark_folded_steps" ("name" text not null, "partition" text not null, "kind" text not null, "day" bigint not null, "from_position" bigint, "to_position" bigint, "steps" bigint not null, "first_run" bigint not null, "last_run" bigint not null, "began_at" bigint not null, "ended_at" bigint not null, "rows_read" bigint not null, "rows_unchanged" bigint not null, "rows_deduped" bigint not null, "rows_trimmed" bigint not null, "duration_ms" bigint not null, "writing_ms" bigint not null, constraint "_tidemark_folded_steps_key" primary key ("name", "partition", "kind", "day"));

CREATE TABLE "_tidemark_folded_runs" ("day" bigint not null primary key, "runs" bigint not null, "first_run" bigint not null, "last_run" bigint not null, "started_at" bigint not null, "ended_at" bigint not null, "steps" bigint not null, "rows_read" bigint not null);

CREATE TABLE "crash_whole" ("id" INTEGER not null, "at" TEXT, "note" TEXT, "_cursor" INTEGER, "_synced_at" TEXT, "_deleted_at" TEXT, primary key ("id")) strict;

CREATE TABLE "crash_keyed" ("id" INTEGER not null, "at" TEXT, "note" TEXT, "_cursor" INTEGER, "_synced_at" TEXT, "_deleted_at" TEXT, primary key ("id")) strict;

CREATE TABLE "crash_ascending" ("id" INTEGER not null, "at" TEXT, "note" TEXT, "_cursor" INTEGER, "_synced_at" TEXT, "_deleted_at" TEXT, primary key ("id")) strict;

CREATE TABLE "crash_keyless" ("id" INTEGER, "at" TEXT, "note" TEXT, "_cursor" INTEGER, "_synced_at" TEXT, "_deleted_at" TEXT) strict;

CREATE TABLE "crash_parts" ("id" INTEGER not null, "at" TEXT, "note" TEXT, "_partition" TEXT not null, "_cursor" INTEGER, "_synced_at" TEXT, "_deleted_at" TEXT, primary key ("_partition", "id")) strict;

insert into "_tidemark_meta" values (3);

insert into "_tidemark_tables" values ('crash_whole', 'crash', 'whole', 'live', '{"columns":[{"name":"id","column":"id","type":"integer"},{"name":"at","column":"at","type":"timestamp"},{"name":"note","column":"note","type":"text"}],"primaryKey":["id"],"globalKey":false,"partitioned":false,"cursor":null}', NULL, 0, NULL, 1, NULL, 1795970831812000, 1795970831848000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

insert into "_tidemark_tables" values ('crash_keyed', 'crash', 'keyed', 'live', '{"columns":[{"name":"id","column":"id","type":"integer"},{"name":"at","column":"at","type":"timestamp"},{"name":"note","column":"note","type":"text"}],"primaryKey":["id"],"globalKey":false,"partitioned":false,"cursor":{"column":"at","type":"timestamp","precision":null}}', 'timestamp', 0, NULL, 1, NULL, 1795970831818000, 1795970831865000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

insert into "_tidemark_tables" values ('crash_ascending', 'crash', 'ascending', 'live', '{"columns":[{"name":"id","column":"id","type":"integer"},{"name":"at","column":"at","type":"timestamp"},{"name":"note","column":"note","type":"text"}],"primaryKey":["id"],"globalKey":false,"partitioned":false,"cursor":{"column":"at","type":"timestamp","precision":null}}', 'timestamp', 0, NULL, 1, NULL, 1795970831825000, 1795970831882000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

insert into "_tidemark_tables" values ('crash_keyless', 'crash', 'keyless', 'live', '{"columns":[{"name":"id","column":"id","type":"integer"},{"name":"at","column":"at","type":"timestamp"},{"name":"note","column":"note","type":"text"}],"primaryKey":[],"globalKey":false,"partitioned":false,"cursor":{"column":"at","type":"timestamp","precision":null}}', 'timestamp', 0, NULL, 1, NULL, 1795970831827000, 1795970831885000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

insert into "_tidemark_tables" values ('crash_parts', 'crash', 'parts', 'live', '{"columns":[{"name":"id","column":"id","type":"integer"},{"name":"at","column":"at","type":"timestamp"},{"name":"note","column":"note","type":"text"}],"primaryKey":["id"],"globalKey":false,"partitioned":true,"cursor":{"column":"at","type":"timestamp","precision":null}}', 'timestamp', 0, NULL, 1, NULL, 1795970831833000, 1795970831901000, NULL, 1795970831804709, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

insert into "_tidemark_partitions" values ('crash_whole', '', NULL, NULL, 1795970831836000, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1795970831803355);

insert into "_tidemark_partitions" values ('crash_keyed', '', 1767226200000000, 1767225600000000, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, 1795970831803222);

insert into "_tidemark_partitions" values ('crash_ascending', '', 1767226200000000, 1767225600000000, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, 1795970831803291);

insert into "_tidemark_partitions" values ('crash_keyless', '', 1767226200000000, 1767225600000000, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, 1795970831803304);

insert into "_tidemark_partitions" values ('crash_parts', 'amber', 1767226200000000, 1767225600000000, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, 1795970831804709);

insert into "_tidemark_partitions" values ('crash_parts', 'blue', 1767226200000000, 1767225600000000, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, 1795970831804738);

insert into "_tidemark_partitions" values ('crash_parts', 'coral', 1767226200000000, 1767225600000000, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, 1795970831804749);

insert into "_tidemark_coverage" values ('crash_keyed', '', 1767225600000000, 1767226200000000, 0);

insert into "_tidemark_coverage" values ('crash_ascending', '', 1767225600000000, 1767226200000000, 0);

insert into "_tidemark_coverage" values ('crash_keyless', '', 1767225600000000, 1767226200000000, 0);

insert into "_tidemark_coverage" values ('crash_parts', 'amber', 1767225600000000, 1767226200000000, 0);

insert into "_tidemark_coverage" values ('crash_parts', 'blue', 1767225600000000, 1767226200000000, 0);

insert into "_tidemark_coverage" values ('crash_parts', 'coral', 1767225600000000, 1767226200000000, 0);

insert into "_tidemark_rereads" values (1, 'crash_keyed', '', 1767225600000000, 1767225900000000, 1795970831948000, 'x');

insert into "_tidemark_runners" values ('first', 'released', 1, 1, 1795970831945000, 60000, NULL, NULL);

insert into "_tidemark_runners" values ('victim-cca87946-ab7a-40f2-aa03-eb6d84be3f6b', 'released', 5500, 1795970831979875, 1795970832093000, 1000, NULL, NULL);

insert into "_tidemark_leases" values (1, 'crash_whole', 'victim-cca87946-ab7a-40f2-aa03-eb6d84be3f6b', 2, 5, 1795970832074000);

insert into "_tidemark_leases" values (2, 'crash_keyed', 'victim-cca87946-ab7a-40f2-aa03-eb6d84be3f6b', 3, 5, 1795970832074000);

insert into "_tidemark_leases" values (3, 'crash_ascending', 'victim-cca87946-ab7a-40f2-aa03-eb6d84be3f6b', 2, 4, 1795970832074000);

insert into "_tidemark_leases" values (4, 'crash_keyless', 'victim-cca87946-ab7a-40f2-aa03-eb6d84be3f6b', 2, 4, 1795970832074000);

insert into "_tidemark_leases" values (5, 'crash_parts', 'victim-cca87946-ab7a-40f2-aa03-eb6d84be3f6b', 2, 6, 1795970832074000);

insert into "_tidemark_runs" values (1, 'first', 'released', 1, 1795970831793000, 1795970831939000, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

insert into "_tidemark_runs" values (2, 'victim-cca87946-ab7a-40f2-aa03-eb6d84be3f6b', 'released', 5500, 1795970832041000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

insert into "_tidemark_steps" values (1, 1, 'crash_whole', '', 'whole', NULL, NULL, 1795970831836000, 1795970831848000, 1, 500, 500, 0, 0, 0, 0, 0, 11, NULL, 1, 5);

insert into "_tidemark_steps" values (1, 2, 'crash_keyed', '', 'history', 1767225600000000, 1767226200000000, 1795970831840000, 1795970831865000, 1, 40, 39, 0, 0, 0, 1, 0, 25, NULL, 1, 2);

insert into "_tidemark_steps" values (1, 3, 'crash_ascending', '', 'history', 1767225600000000, 1767226200000000, 1795970831880000, 1795970831882000, 1, 40, 39, 0, 0, 0, 1, 0, 1, NULL, 1, 1);

insert into "_tidemark_steps" values (1, 4, 'crash_keyless', '', 'history', 1767225600000000, 1767226200000000, 1795970831884000, 1795970831885000, 1, 40, 39, 0, 0, 0, 1, 0, 1, NULL, 1, 2);

insert into "_tidemark_steps" values (1, 5, 'crash_parts', 'amber', 'history', 1767225600000000, 1767226200000000, 1795970831892000, 1795970831893000, 1, 14, 14, 0, 0, 0, 0, 0, 0, NULL, 1, 0);

insert into "_tidemark_steps" values (1, 6, 'crash_parts', 'blue', 'history', 1767225600000000, 1767226200000000, 1795970831897000, 1795970831897001, 1, 13, 12, 0, 0, 0, 1, 0, 1, NULL, 1, 0);

insert into "_tidemark_steps" values (1, 7, 'crash_parts', 'coral', 'history', 1767225600000000, 1767226200000000, 1795970831900000, 1795970831901000, 1, 13, 13, 0, 0, 0, 0, 0, 0, NULL, 1, 0);

insert into "_tidemark_steps" values (2, 1, 'crash_whole', '', 'whole', NULL, NULL, 1795970832088000, NULL, 2, 500, 0, 0, 0, 0, 0, 0, 7, NULL, 1, 1);

insert into "_tidemark_rejects" values (1, 'crash_keyed', '', 1, 2, '[7]', 1767225660000000, 'invalid', 'note: Invalid input: expected string, received number', '{"id":7,"at":"2026-01-01T00:01:00.000Z","note":7}', 'c6cf5b7f16f99cccf9883f67809faca0af58bb53f705144fa340242d14df1850', 1795970831865000, 1);

insert into "_tidemark_rejects" values (2, 'crash_ascending', '', 1, 3, '[7]', 1767225660000000, 'invalid', 'note: Invalid input: expected string, received number', '{"id":7,"at":"2026-01-01T00:01:00.000Z","note":7}', 'c6cf5b7f16f99cccf9883f67809faca0af58bb53f705144fa340242d14df1850', 1795970831882000, 1);

insert into "_tidemark_rejects" values (3, 'crash_keyless', '', 1, 4, NULL, 1767225660000000, 'invalid', 'note: Invalid input: expected string, received number', '{"id":7,"at":"2026-01-01T00:01:00.000Z","note":7}', 'c6cf5b7f16f99cccf9883f67809faca0af58bb53f705144fa340242d14df1850', 1795970831885000, 1);

insert into "_tidemark_rejects" values (4, 'crash_parts', 'blue', 1, 6, '[7]', 1767225660000000, 'invalid', 'note: Invalid input: expected string, received number', '{"id":7,"at":"2026-01-01T00:01:00.000Z","note":7}', 'c6cf5b7f16f99cccf9883f67809faca0af58bb53f705144fa340242d14df1850', 1795970831897001, 1);

insert into "_tidemark_changes" values (1, 'crash_whole', 'table created', 1795970831812000);

insert into "_tidemark_changes" values (2, 'crash_keyed', 'table created', 1795970831818000);

insert into "_tidemark_changes" values (3, 'crash_ascending', 'table created', 1795970831825000);

insert into "_tidemark_changes" values (4, 'crash_keyless', 'table created', 1795970831827000);

insert into "_tidemark_changes" values (5, 'crash_parts', 'table created', 1795970831833000);

insert into "crash_whole" values (0, '2026-01-01T00:00:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (1, '2026-01-01T00:00:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (2, '2026-01-01T00:00:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (3, '2026-01-01T00:00:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (4, '2026-01-01T00:01:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (5, '2026-01-01T00:01:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (6, '2026-01-01T00:01:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (7, '2026-01-01T00:01:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (8, '2026-01-01T00:02:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (9, '2026-01-01T00:02:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (10, '2026-01-01T00:02:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (11, '2026-01-01T00:02:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (12, '2026-01-01T00:03:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (13, '2026-01-01T00:03:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (14, '2026-01-01T00:03:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (15, '2026-01-01T00:03:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (16, '2026-01-01T00:04:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (17, '2026-01-01T00:04:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (18, '2026-01-01T00:04:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (19, '2026-01-01T00:04:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (20, '2026-01-01T00:05:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (21, '2026-01-01T00:05:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (22, '2026-01-01T00:05:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (23, '2026-01-01T00:05:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (24, '2026-01-01T00:06:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (25, '2026-01-01T00:06:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (26, '2026-01-01T00:06:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (27, '2026-01-01T00:06:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (28, '2026-01-01T00:07:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (29, '2026-01-01T00:07:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (30, '2026-01-01T00:07:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (31, '2026-01-01T00:07:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (32, '2026-01-01T00:08:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (33, '2026-01-01T00:08:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (34, '2026-01-01T00:08:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (35, '2026-01-01T00:08:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (36, '2026-01-01T00:09:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (37, '2026-01-01T00:09:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (38, '2026-01-01T00:09:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (39, '2026-01-01T00:09:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (40, '2026-01-01T00:10:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (41, '2026-01-01T00:10:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (42, '2026-01-01T00:10:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (43, '2026-01-01T00:10:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (44, '2026-01-01T00:11:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (45, '2026-01-01T00:11:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (46, '2026-01-01T00:11:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (47, '2026-01-01T00:11:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (48, '2026-01-01T00:12:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (49, '2026-01-01T00:12:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (50, '2026-01-01T00:12:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (51, '2026-01-01T00:12:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (52, '2026-01-01T00:13:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (53, '2026-01-01T00:13:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (54, '2026-01-01T00:13:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (55, '2026-01-01T00:13:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (56, '2026-01-01T00:14:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (57, '2026-01-01T00:14:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (58, '2026-01-01T00:14:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (59, '2026-01-01T00:14:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (60, '2026-01-01T00:15:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (61, '2026-01-01T00:15:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (62, '2026-01-01T00:15:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (63, '2026-01-01T00:15:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (64, '2026-01-01T00:16:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (65, '2026-01-01T00:16:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (66, '2026-01-01T00:16:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (67, '2026-01-01T00:16:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (68, '2026-01-01T00:17:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (69, '2026-01-01T00:17:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (70, '2026-01-01T00:17:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (71, '2026-01-01T00:17:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (72, '2026-01-01T00:18:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (73, '2026-01-01T00:18:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (74, '2026-01-01T00:18:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (75, '2026-01-01T00:18:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (76, '2026-01-01T00:19:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (77, '2026-01-01T00:19:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (78, '2026-01-01T00:19:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (79, '2026-01-01T00:19:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (80, '2026-01-01T00:20:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (81, '2026-01-01T00:20:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (82, '2026-01-01T00:20:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (83, '2026-01-01T00:20:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (84, '2026-01-01T00:21:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (85, '2026-01-01T00:21:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (86, '2026-01-01T00:21:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (87, '2026-01-01T00:21:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (88, '2026-01-01T00:22:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (89, '2026-01-01T00:22:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (90, '2026-01-01T00:22:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (91, '2026-01-01T00:22:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (92, '2026-01-01T00:23:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (93, '2026-01-01T00:23:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (94, '2026-01-01T00:23:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (95, '2026-01-01T00:23:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (96, '2026-01-01T00:24:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (97, '2026-01-01T00:24:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (98, '2026-01-01T00:24:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (99, '2026-01-01T00:24:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (100, '2026-01-01T00:25:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (101, '2026-01-01T00:25:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (102, '2026-01-01T00:25:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (103, '2026-01-01T00:25:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (104, '2026-01-01T00:26:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (105, '2026-01-01T00:26:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (106, '2026-01-01T00:26:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (107, '2026-01-01T00:26:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (108, '2026-01-01T00:27:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (109, '2026-01-01T00:27:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (110, '2026-01-01T00:27:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (111, '2026-01-01T00:27:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (112, '2026-01-01T00:28:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (113, '2026-01-01T00:28:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (114, '2026-01-01T00:28:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (115, '2026-01-01T00:28:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (116, '2026-01-01T00:29:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (117, '2026-01-01T00:29:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (118, '2026-01-01T00:29:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (119, '2026-01-01T00:29:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (120, '2026-01-01T00:30:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (121, '2026-01-01T00:30:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (122, '2026-01-01T00:30:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (123, '2026-01-01T00:30:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (124, '2026-01-01T00:31:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (125, '2026-01-01T00:31:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (126, '2026-01-01T00:31:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (127, '2026-01-01T00:31:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (128, '2026-01-01T00:32:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (129, '2026-01-01T00:32:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (130, '2026-01-01T00:32:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (131, '2026-01-01T00:32:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (132, '2026-01-01T00:33:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (133, '2026-01-01T00:33:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (134, '2026-01-01T00:33:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (135, '2026-01-01T00:33:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (136, '2026-01-01T00:34:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (137, '2026-01-01T00:34:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (138, '2026-01-01T00:34:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (139, '2026-01-01T00:34:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (140, '2026-01-01T00:35:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (141, '2026-01-01T00:35:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (142, '2026-01-01T00:35:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (143, '2026-01-01T00:35:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (144, '2026-01-01T00:36:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (145, '2026-01-01T00:36:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (146, '2026-01-01T00:36:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (147, '2026-01-01T00:36:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (148, '2026-01-01T00:37:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (149, '2026-01-01T00:37:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (150, '2026-01-01T00:37:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (151, '2026-01-01T00:37:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (152, '2026-01-01T00:38:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (153, '2026-01-01T00:38:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (154, '2026-01-01T00:38:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (155, '2026-01-01T00:38:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (156, '2026-01-01T00:39:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (157, '2026-01-01T00:39:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (158, '2026-01-01T00:39:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (159, '2026-01-01T00:39:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (160, '2026-01-01T00:40:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (161, '2026-01-01T00:40:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (162, '2026-01-01T00:40:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (163, '2026-01-01T00:40:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (164, '2026-01-01T00:41:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (165, '2026-01-01T00:41:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (166, '2026-01-01T00:41:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (167, '2026-01-01T00:41:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (168, '2026-01-01T00:42:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (169, '2026-01-01T00:42:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (170, '2026-01-01T00:42:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (171, '2026-01-01T00:42:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (172, '2026-01-01T00:43:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (173, '2026-01-01T00:43:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (174, '2026-01-01T00:43:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (175, '2026-01-01T00:43:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (176, '2026-01-01T00:44:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (177, '2026-01-01T00:44:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (178, '2026-01-01T00:44:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (179, '2026-01-01T00:44:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (180, '2026-01-01T00:45:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (181, '2026-01-01T00:45:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (182, '2026-01-01T00:45:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (183, '2026-01-01T00:45:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (184, '2026-01-01T00:46:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (185, '2026-01-01T00:46:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (186, '2026-01-01T00:46:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (187, '2026-01-01T00:46:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (188, '2026-01-01T00:47:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (189, '2026-01-01T00:47:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (190, '2026-01-01T00:47:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (191, '2026-01-01T00:47:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (192, '2026-01-01T00:48:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (193, '2026-01-01T00:48:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (194, '2026-01-01T00:48:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (195, '2026-01-01T00:48:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (196, '2026-01-01T00:49:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (197, '2026-01-01T00:49:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (198, '2026-01-01T00:49:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (199, '2026-01-01T00:49:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (200, '2026-01-01T00:50:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (201, '2026-01-01T00:50:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (202, '2026-01-01T00:50:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (203, '2026-01-01T00:50:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (204, '2026-01-01T00:51:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (205, '2026-01-01T00:51:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (206, '2026-01-01T00:51:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (207, '2026-01-01T00:51:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (208, '2026-01-01T00:52:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (209, '2026-01-01T00:52:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (210, '2026-01-01T00:52:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (211, '2026-01-01T00:52:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (212, '2026-01-01T00:53:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (213, '2026-01-01T00:53:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (214, '2026-01-01T00:53:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (215, '2026-01-01T00:53:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (216, '2026-01-01T00:54:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (217, '2026-01-01T00:54:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (218, '2026-01-01T00:54:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (219, '2026-01-01T00:54:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (220, '2026-01-01T00:55:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (221, '2026-01-01T00:55:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (222, '2026-01-01T00:55:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (223, '2026-01-01T00:55:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (224, '2026-01-01T00:56:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (225, '2026-01-01T00:56:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (226, '2026-01-01T00:56:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (227, '2026-01-01T00:56:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (228, '2026-01-01T00:57:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (229, '2026-01-01T00:57:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (230, '2026-01-01T00:57:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (231, '2026-01-01T00:57:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (232, '2026-01-01T00:58:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (233, '2026-01-01T00:58:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (234, '2026-01-01T00:58:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (235, '2026-01-01T00:58:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (236, '2026-01-01T00:59:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (237, '2026-01-01T00:59:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (238, '2026-01-01T00:59:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (239, '2026-01-01T00:59:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (240, '2026-01-01T01:00:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (241, '2026-01-01T01:00:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (242, '2026-01-01T01:00:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (243, '2026-01-01T01:00:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (244, '2026-01-01T01:01:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (245, '2026-01-01T01:01:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (246, '2026-01-01T01:01:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (247, '2026-01-01T01:01:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (248, '2026-01-01T01:02:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (249, '2026-01-01T01:02:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (250, '2026-01-01T01:02:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (251, '2026-01-01T01:02:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (252, '2026-01-01T01:03:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (253, '2026-01-01T01:03:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (254, '2026-01-01T01:03:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (255, '2026-01-01T01:03:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (256, '2026-01-01T01:04:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (257, '2026-01-01T01:04:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (258, '2026-01-01T01:04:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (259, '2026-01-01T01:04:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (260, '2026-01-01T01:05:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (261, '2026-01-01T01:05:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (262, '2026-01-01T01:05:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (263, '2026-01-01T01:05:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (264, '2026-01-01T01:06:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (265, '2026-01-01T01:06:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (266, '2026-01-01T01:06:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (267, '2026-01-01T01:06:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (268, '2026-01-01T01:07:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (269, '2026-01-01T01:07:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (270, '2026-01-01T01:07:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (271, '2026-01-01T01:07:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (272, '2026-01-01T01:08:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (273, '2026-01-01T01:08:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (274, '2026-01-01T01:08:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (275, '2026-01-01T01:08:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (276, '2026-01-01T01:09:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (277, '2026-01-01T01:09:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (278, '2026-01-01T01:09:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (279, '2026-01-01T01:09:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (280, '2026-01-01T01:10:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (281, '2026-01-01T01:10:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (282, '2026-01-01T01:10:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (283, '2026-01-01T01:10:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (284, '2026-01-01T01:11:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (285, '2026-01-01T01:11:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (286, '2026-01-01T01:11:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (287, '2026-01-01T01:11:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (288, '2026-01-01T01:12:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (289, '2026-01-01T01:12:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (290, '2026-01-01T01:12:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (291, '2026-01-01T01:12:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (292, '2026-01-01T01:13:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (293, '2026-01-01T01:13:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (294, '2026-01-01T01:13:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (295, '2026-01-01T01:13:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (296, '2026-01-01T01:14:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (297, '2026-01-01T01:14:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (298, '2026-01-01T01:14:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (299, '2026-01-01T01:14:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (300, '2026-01-01T01:15:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (301, '2026-01-01T01:15:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (302, '2026-01-01T01:15:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (303, '2026-01-01T01:15:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (304, '2026-01-01T01:16:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (305, '2026-01-01T01:16:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (306, '2026-01-01T01:16:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (307, '2026-01-01T01:16:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (308, '2026-01-01T01:17:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (309, '2026-01-01T01:17:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (310, '2026-01-01T01:17:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (311, '2026-01-01T01:17:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (312, '2026-01-01T01:18:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (313, '2026-01-01T01:18:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (314, '2026-01-01T01:18:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (315, '2026-01-01T01:18:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (316, '2026-01-01T01:19:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (317, '2026-01-01T01:19:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (318, '2026-01-01T01:19:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (319, '2026-01-01T01:19:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (320, '2026-01-01T01:20:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (321, '2026-01-01T01:20:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (322, '2026-01-01T01:20:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (323, '2026-01-01T01:20:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (324, '2026-01-01T01:21:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (325, '2026-01-01T01:21:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (326, '2026-01-01T01:21:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (327, '2026-01-01T01:21:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (328, '2026-01-01T01:22:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (329, '2026-01-01T01:22:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (330, '2026-01-01T01:22:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (331, '2026-01-01T01:22:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (332, '2026-01-01T01:23:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (333, '2026-01-01T01:23:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (334, '2026-01-01T01:23:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (335, '2026-01-01T01:23:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (336, '2026-01-01T01:24:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (337, '2026-01-01T01:24:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (338, '2026-01-01T01:24:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (339, '2026-01-01T01:24:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (340, '2026-01-01T01:25:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (341, '2026-01-01T01:25:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (342, '2026-01-01T01:25:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (343, '2026-01-01T01:25:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (344, '2026-01-01T01:26:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (345, '2026-01-01T01:26:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (346, '2026-01-01T01:26:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (347, '2026-01-01T01:26:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (348, '2026-01-01T01:27:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (349, '2026-01-01T01:27:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (350, '2026-01-01T01:27:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (351, '2026-01-01T01:27:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (352, '2026-01-01T01:28:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (353, '2026-01-01T01:28:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (354, '2026-01-01T01:28:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (355, '2026-01-01T01:28:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (356, '2026-01-01T01:29:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (357, '2026-01-01T01:29:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (358, '2026-01-01T01:29:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (359, '2026-01-01T01:29:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (360, '2026-01-01T01:30:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (361, '2026-01-01T01:30:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (362, '2026-01-01T01:30:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (363, '2026-01-01T01:30:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (364, '2026-01-01T01:31:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (365, '2026-01-01T01:31:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (366, '2026-01-01T01:31:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (367, '2026-01-01T01:31:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (368, '2026-01-01T01:32:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (369, '2026-01-01T01:32:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (370, '2026-01-01T01:32:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (371, '2026-01-01T01:32:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (372, '2026-01-01T01:33:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (373, '2026-01-01T01:33:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (374, '2026-01-01T01:33:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (375, '2026-01-01T01:33:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (376, '2026-01-01T01:34:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (377, '2026-01-01T01:34:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (378, '2026-01-01T01:34:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (379, '2026-01-01T01:34:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (380, '2026-01-01T01:35:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (381, '2026-01-01T01:35:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (382, '2026-01-01T01:35:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (383, '2026-01-01T01:35:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (384, '2026-01-01T01:36:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (385, '2026-01-01T01:36:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (386, '2026-01-01T01:36:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (387, '2026-01-01T01:36:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (388, '2026-01-01T01:37:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (389, '2026-01-01T01:37:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (390, '2026-01-01T01:37:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (391, '2026-01-01T01:37:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (392, '2026-01-01T01:38:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (393, '2026-01-01T01:38:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (394, '2026-01-01T01:38:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (395, '2026-01-01T01:38:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (396, '2026-01-01T01:39:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (397, '2026-01-01T01:39:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (398, '2026-01-01T01:39:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (399, '2026-01-01T01:39:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (400, '2026-01-01T01:40:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (401, '2026-01-01T01:40:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (402, '2026-01-01T01:40:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (403, '2026-01-01T01:40:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (404, '2026-01-01T01:41:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (405, '2026-01-01T01:41:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (406, '2026-01-01T01:41:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (407, '2026-01-01T01:41:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (408, '2026-01-01T01:42:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (409, '2026-01-01T01:42:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (410, '2026-01-01T01:42:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (411, '2026-01-01T01:42:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (412, '2026-01-01T01:43:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (413, '2026-01-01T01:43:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (414, '2026-01-01T01:43:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (415, '2026-01-01T01:43:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (416, '2026-01-01T01:44:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (417, '2026-01-01T01:44:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (418, '2026-01-01T01:44:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (419, '2026-01-01T01:44:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (420, '2026-01-01T01:45:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (421, '2026-01-01T01:45:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (422, '2026-01-01T01:45:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (423, '2026-01-01T01:45:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (424, '2026-01-01T01:46:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (425, '2026-01-01T01:46:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (426, '2026-01-01T01:46:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (427, '2026-01-01T01:46:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (428, '2026-01-01T01:47:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (429, '2026-01-01T01:47:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (430, '2026-01-01T01:47:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (431, '2026-01-01T01:47:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (432, '2026-01-01T01:48:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (433, '2026-01-01T01:48:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (434, '2026-01-01T01:48:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (435, '2026-01-01T01:48:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (436, '2026-01-01T01:49:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (437, '2026-01-01T01:49:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (438, '2026-01-01T01:49:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (439, '2026-01-01T01:49:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (440, '2026-01-01T01:50:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (441, '2026-01-01T01:50:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (442, '2026-01-01T01:50:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (443, '2026-01-01T01:50:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (444, '2026-01-01T01:51:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (445, '2026-01-01T01:51:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (446, '2026-01-01T01:51:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (447, '2026-01-01T01:51:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (448, '2026-01-01T01:52:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (449, '2026-01-01T01:52:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (450, '2026-01-01T01:52:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (451, '2026-01-01T01:52:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (452, '2026-01-01T01:53:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (453, '2026-01-01T01:53:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (454, '2026-01-01T01:53:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (455, '2026-01-01T01:53:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (456, '2026-01-01T01:54:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (457, '2026-01-01T01:54:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (458, '2026-01-01T01:54:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (459, '2026-01-01T01:54:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (460, '2026-01-01T01:55:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (461, '2026-01-01T01:55:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (462, '2026-01-01T01:55:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (463, '2026-01-01T01:55:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (464, '2026-01-01T01:56:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (465, '2026-01-01T01:56:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (466, '2026-01-01T01:56:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (467, '2026-01-01T01:56:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (468, '2026-01-01T01:57:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (469, '2026-01-01T01:57:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (470, '2026-01-01T01:57:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (471, '2026-01-01T01:57:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (472, '2026-01-01T01:58:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (473, '2026-01-01T01:58:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (474, '2026-01-01T01:58:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (475, '2026-01-01T01:58:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (476, '2026-01-01T01:59:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (477, '2026-01-01T01:59:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (478, '2026-01-01T01:59:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (479, '2026-01-01T01:59:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (480, '2026-01-01T02:00:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (481, '2026-01-01T02:00:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (482, '2026-01-01T02:00:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (483, '2026-01-01T02:00:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (484, '2026-01-01T02:01:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (485, '2026-01-01T02:01:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (486, '2026-01-01T02:01:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (487, '2026-01-01T02:01:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (488, '2026-01-01T02:02:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (489, '2026-01-01T02:02:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (490, '2026-01-01T02:02:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (491, '2026-01-01T02:02:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (492, '2026-01-01T02:03:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (493, '2026-01-01T02:03:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (494, '2026-01-01T02:03:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (495, '2026-01-01T02:03:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (496, '2026-01-01T02:04:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (497, '2026-01-01T02:04:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (498, '2026-01-01T02:04:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_whole" values (499, '2026-01-01T02:04:00.000000Z', 'generation 10', NULL, '2026-11-29T16:47:11.848000Z', NULL);

insert into "crash_keyed" values (0, '2026-01-01T00:00:00.000000Z', 'row 0', 1767225600000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (1, '2026-01-01T00:00:00.000000Z', 'row 1', 1767225600000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (2, '2026-01-01T00:00:00.000000Z', 'row 2', 1767225600000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (3, '2026-01-01T00:00:00.000000Z', 'row 3', 1767225600000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (4, '2026-01-01T00:01:00.000000Z', 'row 4', 1767225660000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (5, '2026-01-01T00:01:00.000000Z', 'row 5', 1767225660000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (6, '2026-01-01T00:01:00.000000Z', 'row 6', 1767225660000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (8, '2026-01-01T00:02:00.000000Z', 'row 8', 1767225720000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (9, '2026-01-01T00:02:00.000000Z', 'row 9', 1767225720000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (10, '2026-01-01T00:02:00.000000Z', 'row 10', 1767225720000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (11, '2026-01-01T00:02:00.000000Z', 'row 11', 1767225720000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (12, '2026-01-01T00:03:00.000000Z', 'row 12', 1767225780000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (13, '2026-01-01T00:03:00.000000Z', 'row 13', 1767225780000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (14, '2026-01-01T00:03:00.000000Z', 'row 14', 1767225780000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (15, '2026-01-01T00:03:00.000000Z', 'row 15', 1767225780000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (16, '2026-01-01T00:04:00.000000Z', 'row 16', 1767225840000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (17, '2026-01-01T00:04:00.000000Z', 'row 17', 1767225840000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (18, '2026-01-01T00:04:00.000000Z', 'row 18', 1767225840000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (19, '2026-01-01T00:04:00.000000Z', 'row 19', 1767225840000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (20, '2026-01-01T00:05:00.000000Z', 'row 20', 1767225900000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (21, '2026-01-01T00:05:00.000000Z', 'row 21', 1767225900000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (22, '2026-01-01T00:05:00.000000Z', 'row 22', 1767225900000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (23, '2026-01-01T00:05:00.000000Z', 'row 23', 1767225900000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (24, '2026-01-01T00:06:00.000000Z', 'row 24', 1767225960000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (25, '2026-01-01T00:06:00.000000Z', 'row 25', 1767225960000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (26, '2026-01-01T00:06:00.000000Z', 'row 26', 1767225960000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (27, '2026-01-01T00:06:00.000000Z', 'row 27', 1767225960000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (28, '2026-01-01T00:07:00.000000Z', 'row 28', 1767226020000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (29, '2026-01-01T00:07:00.000000Z', 'row 29', 1767226020000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (30, '2026-01-01T00:07:00.000000Z', 'row 30', 1767226020000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (31, '2026-01-01T00:07:00.000000Z', 'row 31', 1767226020000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (32, '2026-01-01T00:08:00.000000Z', 'row 32', 1767226080000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (33, '2026-01-01T00:08:00.000000Z', 'row 33', 1767226080000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (34, '2026-01-01T00:08:00.000000Z', 'row 34', 1767226080000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (35, '2026-01-01T00:08:00.000000Z', 'row 35', 1767226080000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (36, '2026-01-01T00:09:00.000000Z', 'row 36', 1767226140000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (37, '2026-01-01T00:09:00.000000Z', 'row 37', 1767226140000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (38, '2026-01-01T00:09:00.000000Z', 'row 38', 1767226140000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_keyed" values (39, '2026-01-01T00:09:00.000000Z', 'row 39', 1767226140000000, '2026-11-29T16:47:11.865000Z', NULL);

insert into "crash_ascending" values (0, '2026-01-01T00:00:00.000000Z', 'row 0', 1767225600000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (1, '2026-01-01T00:00:00.000000Z', 'row 1', 1767225600000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (2, '2026-01-01T00:00:00.000000Z', 'row 2', 1767225600000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (3, '2026-01-01T00:00:00.000000Z', 'row 3', 1767225600000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (4, '2026-01-01T00:01:00.000000Z', 'row 4', 1767225660000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (5, '2026-01-01T00:01:00.000000Z', 'row 5', 1767225660000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (6, '2026-01-01T00:01:00.000000Z', 'row 6', 1767225660000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (8, '2026-01-01T00:02:00.000000Z', 'row 8', 1767225720000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (9, '2026-01-01T00:02:00.000000Z', 'row 9', 1767225720000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (10, '2026-01-01T00:02:00.000000Z', 'row 10', 1767225720000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (11, '2026-01-01T00:02:00.000000Z', 'row 11', 1767225720000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (12, '2026-01-01T00:03:00.000000Z', 'row 12', 1767225780000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (13, '2026-01-01T00:03:00.000000Z', 'row 13', 1767225780000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (14, '2026-01-01T00:03:00.000000Z', 'row 14', 1767225780000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (15, '2026-01-01T00:03:00.000000Z', 'row 15', 1767225780000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (16, '2026-01-01T00:04:00.000000Z', 'row 16', 1767225840000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (17, '2026-01-01T00:04:00.000000Z', 'row 17', 1767225840000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (18, '2026-01-01T00:04:00.000000Z', 'row 18', 1767225840000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (19, '2026-01-01T00:04:00.000000Z', 'row 19', 1767225840000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (20, '2026-01-01T00:05:00.000000Z', 'row 20', 1767225900000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (21, '2026-01-01T00:05:00.000000Z', 'row 21', 1767225900000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (22, '2026-01-01T00:05:00.000000Z', 'row 22', 1767225900000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (23, '2026-01-01T00:05:00.000000Z', 'row 23', 1767225900000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (24, '2026-01-01T00:06:00.000000Z', 'row 24', 1767225960000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (25, '2026-01-01T00:06:00.000000Z', 'row 25', 1767225960000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (26, '2026-01-01T00:06:00.000000Z', 'row 26', 1767225960000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (27, '2026-01-01T00:06:00.000000Z', 'row 27', 1767225960000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (28, '2026-01-01T00:07:00.000000Z', 'row 28', 1767226020000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (29, '2026-01-01T00:07:00.000000Z', 'row 29', 1767226020000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (30, '2026-01-01T00:07:00.000000Z', 'row 30', 1767226020000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (31, '2026-01-01T00:07:00.000000Z', 'row 31', 1767226020000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (32, '2026-01-01T00:08:00.000000Z', 'row 32', 1767226080000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (33, '2026-01-01T00:08:00.000000Z', 'row 33', 1767226080000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (34, '2026-01-01T00:08:00.000000Z', 'row 34', 1767226080000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (35, '2026-01-01T00:08:00.000000Z', 'row 35', 1767226080000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (36, '2026-01-01T00:09:00.000000Z', 'row 36', 1767226140000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (37, '2026-01-01T00:09:00.000000Z', 'row 37', 1767226140000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (38, '2026-01-01T00:09:00.000000Z', 'row 38', 1767226140000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_ascending" values (39, '2026-01-01T00:09:00.000000Z', 'row 39', 1767226140000000, '2026-11-29T16:47:11.882000Z', NULL);

insert into "crash_keyless" values (0, '2026-01-01T00:00:00.000000Z', 'row 0', 1767225600000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (1, '2026-01-01T00:00:00.000000Z', 'row 1', 1767225600000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (2, '2026-01-01T00:00:00.000000Z', 'row 2', 1767225600000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (3, '2026-01-01T00:00:00.000000Z', 'row 3', 1767225600000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (4, '2026-01-01T00:01:00.000000Z', 'row 4', 1767225660000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (5, '2026-01-01T00:01:00.000000Z', 'row 5', 1767225660000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (6, '2026-01-01T00:01:00.000000Z', 'row 6', 1767225660000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (8, '2026-01-01T00:02:00.000000Z', 'row 8', 1767225720000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (9, '2026-01-01T00:02:00.000000Z', 'row 9', 1767225720000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (10, '2026-01-01T00:02:00.000000Z', 'row 10', 1767225720000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (11, '2026-01-01T00:02:00.000000Z', 'row 11', 1767225720000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (12, '2026-01-01T00:03:00.000000Z', 'row 12', 1767225780000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (13, '2026-01-01T00:03:00.000000Z', 'row 13', 1767225780000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (14, '2026-01-01T00:03:00.000000Z', 'row 14', 1767225780000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (15, '2026-01-01T00:03:00.000000Z', 'row 15', 1767225780000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (16, '2026-01-01T00:04:00.000000Z', 'row 16', 1767225840000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (17, '2026-01-01T00:04:00.000000Z', 'row 17', 1767225840000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (18, '2026-01-01T00:04:00.000000Z', 'row 18', 1767225840000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (19, '2026-01-01T00:04:00.000000Z', 'row 19', 1767225840000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (20, '2026-01-01T00:05:00.000000Z', 'row 20', 1767225900000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (21, '2026-01-01T00:05:00.000000Z', 'row 21', 1767225900000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (22, '2026-01-01T00:05:00.000000Z', 'row 22', 1767225900000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (23, '2026-01-01T00:05:00.000000Z', 'row 23', 1767225900000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (24, '2026-01-01T00:06:00.000000Z', 'row 24', 1767225960000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (25, '2026-01-01T00:06:00.000000Z', 'row 25', 1767225960000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (26, '2026-01-01T00:06:00.000000Z', 'row 26', 1767225960000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (27, '2026-01-01T00:06:00.000000Z', 'row 27', 1767225960000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (28, '2026-01-01T00:07:00.000000Z', 'row 28', 1767226020000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (29, '2026-01-01T00:07:00.000000Z', 'row 29', 1767226020000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (30, '2026-01-01T00:07:00.000000Z', 'row 30', 1767226020000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (31, '2026-01-01T00:07:00.000000Z', 'row 31', 1767226020000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (32, '2026-01-01T00:08:00.000000Z', 'row 32', 1767226080000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (33, '2026-01-01T00:08:00.000000Z', 'row 33', 1767226080000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (34, '2026-01-01T00:08:00.000000Z', 'row 34', 1767226080000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (35, '2026-01-01T00:08:00.000000Z', 'row 35', 1767226080000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (36, '2026-01-01T00:09:00.000000Z', 'row 36', 1767226140000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (37, '2026-01-01T00:09:00.000000Z', 'row 37', 1767226140000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (38, '2026-01-01T00:09:00.000000Z', 'row 38', 1767226140000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_keyless" values (39, '2026-01-01T00:09:00.000000Z', 'row 39', 1767226140000000, '2026-11-29T16:47:11.885000Z', NULL);

insert into "crash_parts" values (0, '2026-01-01T00:00:00.000000Z', 'row 0', 'amber', 1767225600000000, '2026-11-29T16:47:11.893000Z', NULL);

insert into "crash_parts" values (3, '2026-01-01T00:00:00.000000Z', 'row 3', 'amber', 1767225600000000, '2026-11-29T16:47:11.893000Z', NULL);

insert into "crash_parts" values (6, '2026-01-01T00:01:00.000000Z', 'row 6', 'amber', 1767225660000000, '2026-11-29T16:47:11.893000Z', NULL);

insert into "crash_parts" values (9, '2026-01-01T00:02:00.000000Z', 'row 9', 'amber', 1767225720000000, '2026-11-29T16:47:11.893000Z', NULL);

insert into "crash_parts" values (12, '2026-01-01T00:03:00.000000Z', 'row 12', 'amber', 1767225780000000, '2026-11-29T16:47:11.893000Z', NULL);

insert into "crash_parts" values (15, '2026-01-01T00:03:00.000000Z', 'row 15', 'amber', 1767225780000000, '2026-11-29T16:47:11.893000Z', NULL);

insert into "crash_parts" values (18, '2026-01-01T00:04:00.000000Z', 'row 18', 'amber', 1767225840000000, '2026-11-29T16:47:11.893000Z', NULL);

insert into "crash_parts" values (21, '2026-01-01T00:05:00.000000Z', 'row 21', 'amber', 1767225900000000, '2026-11-29T16:47:11.893000Z', NULL);

insert into "crash_parts" values (24, '2026-01-01T00:06:00.000000Z', 'row 24', 'amber', 1767225960000000, '2026-11-29T16:47:11.893000Z', NULL);

insert into "crash_parts" values (27, '2026-01-01T00:06:00.000000Z', 'row 27', 'amber', 1767225960000000, '2026-11-29T16:47:11.893000Z', NULL);

insert into "crash_parts" values (30, '2026-01-01T00:07:00.000000Z', 'row 30', 'amber', 1767226020000000, '2026-11-29T16:47:11.893000Z', NULL);

insert into "crash_parts" values (33, '2026-01-01T00:08:00.000000Z', 'row 33', 'amber', 1767226080000000, '2026-11-29T16:47:11.893000Z', NULL);

insert into "crash_parts" values (36, '2026-01-01T00:09:00.000000Z', 'row 36', 'amber', 1767226140000000, '2026-11-29T16:47:11.893000Z', NULL);

insert into "crash_parts" values (39, '2026-01-01T00:09:00.000000Z', 'row 39', 'amber', 1767226140000000, '2026-11-29T16:47:11.893000Z', NULL);

insert into "crash_parts" values (1, '2026-01-01T00:00:00.000000Z', 'row 1', 'blue', 1767225600000000, '2026-11-29T16:47:11.897001Z', NULL);

insert into "crash_parts" values (4, '2026-01-01T00:01:00.000000Z', 'row 4', 'blue', 1767225660000000, '2026-11-29T16:47:11.897001Z', NULL);

insert into "crash_parts" values (10, '2026-01-01T00:02:00.000000Z', 'row 10', 'blue', 1767225720000000, '2026-11-29T16:47:11.897001Z', NULL);

insert into "crash_parts" values (13, '2026-01-01T00:03:00.000000Z', 'row 13', 'blue', 1767225780000000, '2026-11-29T16:47:11.897001Z', NULL);

insert into "crash_parts" values (16, '2026-01-01T00:04:00.000000Z', 'row 16', 'blue', 1767225840000000, '2026-11-29T16:47:11.897001Z', NULL);

insert into "crash_parts" values (19, '2026-01-01T00:04:00.000000Z', 'row 19', 'blue', 1767225840000000, '2026-11-29T16:47:11.897001Z', NULL);

insert into "crash_parts" values (22, '2026-01-01T00:05:00.000000Z', 'row 22', 'blue', 1767225900000000, '2026-11-29T16:47:11.897001Z', NULL);

insert into "crash_parts" values (25, '2026-01-01T00:06:00.000000Z', 'row 25', 'blue', 1767225960000000, '2026-11-29T16:47:11.897001Z', NULL);

insert into "crash_parts" values (28, '2026-01-01T00:07:00.000000Z', 'row 28', 'blue', 1767226020000000, '2026-11-29T16:47:11.897001Z', NULL);

insert into "crash_parts" values (31, '2026-01-01T00:07:00.000000Z', 'row 31', 'blue', 1767226020000000, '2026-11-29T16:47:11.897001Z', NULL);

insert into "crash_parts" values (34, '2026-01-01T00:08:00.000000Z', 'row 34', 'blue', 1767226080000000, '2026-11-29T16:47:11.897001Z', NULL);

insert into "crash_parts" values (37, '2026-01-01T00:09:00.000000Z', 'row 37', 'blue', 1767226140000000, '2026-11-29T16:47:11.897001Z', NULL);

insert into "crash_parts" values (2, '2026-01-01T00:00:00.000000Z', 'row 2', 'coral', 1767225600000000, '2026-11-29T16:47:11.901000Z', NULL);

insert into "crash_parts" values (5, '2026-01-01T00:01:00.000000Z', 'row 5', 'coral', 1767225660000000, '2026-11-29T16:47:11.901000Z', NULL);

insert into "crash_parts" values (8, '2026-01-01T00:02:00.000000Z', 'row 8', 'coral', 1767225720000000, '2026-11-29T16:47:11.901000Z', NULL);

insert into "crash_parts" values (11, '2026-01-01T00:02:00.000000Z', 'row 11', 'coral', 1767225720000000, '2026-11-29T16:47:11.901000Z', NULL);

insert into "crash_parts" values (14, '2026-01-01T00:03:00.000000Z', 'row 14', 'coral', 1767225780000000, '2026-11-29T16:47:11.901000Z', NULL);

insert into "crash_parts" values (17, '2026-01-01T00:04:00.000000Z', 'row 17', 'coral', 1767225840000000, '2026-11-29T16:47:11.901000Z', NULL);

insert into "crash_parts" values (20, '2026-01-01T00:05:00.000000Z', 'row 20', 'coral', 1767225900000000, '2026-11-29T16:47:11.901000Z', NULL);

insert into "crash_parts" values (23, '2026-01-01T00:05:00.000000Z', 'row 23', 'coral', 1767225900000000, '2026-11-29T16:47:11.901000Z', NULL);

insert into "crash_parts" values (26, '2026-01-01T00:06:00.000000Z', 'row 26', 'coral', 1767225960000000, '2026-11-29T16:47:11.901000Z', NULL);

insert into "crash_parts" values (29, '2026-01-01T00:07:00.000000Z', 'row 29', 'coral', 1767226020000000, '2026-11-29T16:47:11.901000Z', NULL);

insert into "crash_parts" values (32, '2026-01-01T00:08:00.000000Z', 'row 32', 'coral', 1767226080000000, '2026-11-29T16:47:11.901000Z', NULL);

insert into "crash_parts" values (35, '2026-01-01T00:08:00.000000Z', 'row 35', 'coral', 1767226080000000, '2026-11-29T16:47:11.901000Z', NULL);

insert into "crash_parts" values (38, '2026-01-01T00:09:00.000000Z', 'row 38', 'coral', 1767226140000000, '2026-11-29T16:47:11.901000Z', NULL);

delete from sqlite_sequence;

insert into "sqlite_sequence" values ('_tidemark_runs', 2);

insert into "sqlite_sequence" values ('_tidemark_leases', 5);

insert into "sqlite_sequence" values ('_tidemark_changes', 5);

insert into "sqlite_sequence" values ('_tidemark_rejects', 4);

insert into "sqlite_sequence" values ('_tidemark_rereads', 1);

CREATE INDEX "_tidemark_coverage_of" on "_tidemark_coverage" ("name", "partition");

CREATE INDEX "_tidemark_rereads_of" on "_tidemark_rereads" ("name", "partition");

CREATE INDEX "_tidemark_rejects_by_hash" on "_tidemark_rejects" ("name", "partition", "hash");

CREATE INDEX "_tidemark_rejects_by_key" on "_tidemark_rejects" ("name", "partition", "key");

CREATE INDEX "_tidemark_leases_of" on "_tidemark_leases" ("runner");

CREATE INDEX "_tidemark_steps_of" on "_tidemark_steps" ("name", "began_at");

CREATE VIEW tidemark_coverage as
    select c.name as name, c.partition as partition,
      case when c.from_position is null then 'start' else case when t.cursor_type is null or t.cursor_type = 'integer' then cast("c"."from_position" as text) else strftime('%Y-%m-%dT%H:%M:%fZ', ("c"."from_position" - (("c"."from_position" % 1000000) + 1000000) % 1000000) / 1000000 + ((("c"."from_position" % 1000000) + 1000000) % 1000000) / 1000000.0, 'unixepoch') end end as covered_from,
      case when t.cursor_type is null or t.cursor_type = 'integer' then cast("c"."to_position" as text) else strftime('%Y-%m-%dT%H:%M:%fZ', ("c"."to_position" - (("c"."to_position" % 1000000) + 1000000) % 1000000) / 1000000 + ((("c"."to_position" % 1000000) + 1000000) % 1000000) / 1000000.0, 'unixepoch') end as covered_to, c.claimed as claimed
    from _tidemark_coverage c join _tidemark_tables t on t.name = c.name;

CREATE INDEX "_tidemark_changes_of" on "_tidemark_changes" ("name", "id");

CREATE INDEX "_tidemark_rereads_by_end" on "_tidemark_rereads" ("name", "partition", "to_position");

CREATE INDEX "_tidemark_runs_unfolded" on "_tidemark_runs" ("run") where "folded_steps" is null;

CREATE INDEX "_tidemark_partitions_failing" on "_tidemark_partitions" ("name") where "failures" > 0;

CREATE VIEW "tidemark_status" as with marked as (
      select name, partition, from_position, to_position,
        max(to_position) over (partition by name, partition order by coalesce(from_position, -9223372036854775808), to_position
          rows between unbounded preceding and 1 preceding) as reach
      from _tidemark_coverage
    ), per_partition as (
      select name, partition, max(case when from_position is null then 1 else 0 end) as open_start, min(from_position) as covered_from,
        max(to_position) as covered_to, sum(case when from_position > reach then 1 else 0 end) as gaps
      from marked group by name, partition
    ), covered as (
      select name, max(open_start) as open_start, min(covered_from) as covered_from, min(covered_to) as covered_to, sum(gaps) as gaps
      from per_partition group by name
    ), parts as (
      select name, count(*) as partitions, sum(case when failures > 0 then 1 else 0 end) as failing, max(last_error) as last_error
      from _tidemark_partitions where gone_at is null group by name
    )
    select t.name as name, t.source as source, t.table_name as table_name, t.status as status, t.paused_for as paused_for,
      case when c.open_start = 1 then 'start' else case when t.cursor_type is null or t.cursor_type = 'integer' then cast("c"."covered_from" as text) else strftime('%Y-%m-%dT%H:%M:%fZ', ("c"."covered_from" - (("c"."covered_from" % 1000000) + 1000000) % 1000000) / 1000000 + ((("c"."covered_from" % 1000000) + 1000000) % 1000000) / 1000000.0, 'unixepoch') end end as covered_from,
      case when t.cursor_type is null or t.cursor_type = 'integer' then cast("c"."covered_to" as text) else strftime('%Y-%m-%dT%H:%M:%fZ', ("c"."covered_to" - (("c"."covered_to" % 1000000) + 1000000) % 1000000) / 1000000 + ((("c"."covered_to" % 1000000) + 1000000) % 1000000) / 1000000.0, 'unixepoch') end as covered_to, coalesce(c.gaps, 0) as gaps, coalesce(p.partitions, 0) as partitions,
      coalesce(p.failing, 0) as failing, strftime('%Y-%m-%dT%H:%M:%fZ', ("t"."last_synced_at" - (("t"."last_synced_at" % 1000000) + 1000000) % 1000000) / 1000000 + ((("t"."last_synced_at" % 1000000) + 1000000) % 1000000) / 1000000.0, 'unixepoch') as last_success, coalesce(t.last_error, p.last_error) as last_error, strftime('%Y-%m-%dT%H:%M:%fZ', ("t"."last_checked_at" - (("t"."last_checked_at" % 1000000) + 1000000) % 1000000) / 1000000 + ((("t"."last_checked_at" % 1000000) + 1000000) % 1000000) / 1000000.0, 'unixepoch') as last_check
    from _tidemark_tables t left join covered c on c.name = t.name left join parts p on p.name = t.name;

CREATE VIEW "tidemark_runs" as select r.run as run, r.host as host, r.pid as pid, strftime('%Y-%m-%dT%H:%M:%fZ', ("r"."started_at" - (("r"."started_at" % 1000000) + 1000000) % 1000000) / 1000000 + ((("r"."started_at" % 1000000) + 1000000) % 1000000) / 1000000.0, 'unixepoch') as started_at,
      strftime('%Y-%m-%dT%H:%M:%fZ', (coalesce(r.ended_at, case when (n.heartbeat_at is null or n.heartbeat_at < cast(round(unixepoch('now', 'subsec') * 1000) as integer) * 1000 - n.lease_ms * 1000) then n.heartbeat_at end) - ((coalesce(r.ended_at, case when (n.heartbeat_at is null or n.heartbeat_at < cast(round(unixepoch('now', 'subsec') * 1000) as integer) * 1000 - n.lease_ms * 1000) then n.heartbeat_at end) % 1000000) + 1000000) % 1000000) / 1000000 + (((coalesce(r.ended_at, case when (n.heartbeat_at is null or n.heartbeat_at < cast(round(unixepoch('now', 'subsec') * 1000) as integer) * 1000 - n.lease_ms * 1000) then n.heartbeat_at end) % 1000000) + 1000000) % 1000000) / 1000000.0, 'unixepoch') as ended_at,
      case when r.ended_by = 'crash' then 'crashed' when r.ended_at is not null then 'ended' when not (n.heartbeat_at is null or n.heartbeat_at < cast(round(unixepoch('now', 'subsec') * 1000) as integer) * 1000 - n.lease_ms * 1000) then 'running'
        when r.ended_by is null then 'crashed' else 'ended' end as state,
      coalesce(r.exit_code, case when r.ended_at is null and not (n.heartbeat_at is null or n.heartbeat_at < cast(round(unixepoch('now', 'subsec') * 1000) as integer) * 1000 - n.lease_ms * 1000) then null when r.ended_by = 'SIGINT' then 130
        when r.ended_by = 'SIGTERM' then 143 end) as exit_code,
      coalesce(s.steps, 0) + coalesce(r.folded_steps, 0) as steps, coalesce(s.written, 0) as written,
      coalesce(s.rejected, 0) as rejected, coalesce(s.deleted, 0) as deleted, r.error as error,
      case when r.ended_by = 'SIGINT' then 'interrupted' when r.ended_by = 'SIGTERM' then 'terminated'
        when r.ended_by = 'max-time' then 'time limit' when r.ended_by = 'abort' then 'stopped'
        when r.ended_by = 'crash' or (r.ended_at is null and (n.heartbeat_at is null or n.heartbeat_at < cast(round(unixepoch('now', 'subsec') * 1000) as integer) * 1000 - n.lease_ms * 1000)) then 'crashed' end as ended_by
    from _tidemark_runs r left join _tidemark_runners n on n.id = r.runner
    left join (select run, count(*) as steps, sum(rows_written) as written, sum(rows_rejected) as rejected, sum(rows_deleted) as deleted
      from _tidemark_steps group by run) s on s.run = r.run;

CREATE INDEX "_tidemark_position_4" on "crash_keyless" ("_cursor");
