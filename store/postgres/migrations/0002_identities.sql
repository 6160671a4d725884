-- Identity keys in generations, each with a filter once it is full.
create table space_identities (key bytea primary key, value bytea not null);
create table space_identity_filters (key bytea primary key, value bytea not null);
