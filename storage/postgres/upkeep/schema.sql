create table if not exists {schema}.store (
    id uuid not null,
    version bigint not null,
    version_id uuid not null,
    schema_version int not null,
    key_check bytea not null,
    open bool not null
);
create unique index if not exists one_store on {schema}.store ((true));

create table if not exists {schema}.entries (
    key text primary key,
    kind text not null,
    entry bytea not null,
    key_id text not null,
    expires_at timestamptz,
    generation uuid not null,
    position bigint generated always as identity
);
-- Not by time: a renewal that changes no indexed column leaves the indexes alone.
create index if not exists pending_entries on {schema}.entries (key) where kind = 'pending';
create index if not exists entries_by_key_id on {schema}.entries (key_id);

create table if not exists {schema}.records (
    kind text not null,
    key text not null,
    record bytea not null,
    key_id text not null,
    primary key (kind, key)
);
create index if not exists records_by_key_id on {schema}.records (key_id);

create table if not exists {schema}.leases (
    name text primary key,
    holder uuid not null,
    until timestamptz not null,
    posted_at timestamptz
);

create table if not exists {schema}.commits (
    token uuid primary key,
    at timestamptz not null
);
create index if not exists commits_by_age on {schema}.commits (at);
