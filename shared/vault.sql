-- The database of keys. Nothing but keys: losing it loses personal data and nothing else (design: personal data).
create schema if not exists vault;

create table if not exists vault.subject_key (
    subject   uuid primary key,
    wrapped   bytea,                                   -- null once destroyed: what it sealed can't be read any more
    created   timestamptz not null default now(),
    destroyed timestamptz
);
grant usage on schema vault to vault;
grant select, insert, update on vault.subject_key to vault;
