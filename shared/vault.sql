-- The database of keys. Nothing but keys: losing it loses personal data and nothing else (design: personal data).
create schema if not exists vault;

create table if not exists vault.subject_key (
    subject   uuid primary key,
    wrapped   bytea,                                   -- null once destroyed: what it sealed can't be read any more
    created   timestamptz not null default now(),
    destroyed timestamptz
);
-- Which master key wrapped it: the first eight hexadecimal digits of the key's SHA-256, empty for those from before rotation.
alter table vault.subject_key add column if not exists mk text not null default '';

-- Numbers are found by a keyed digest. It goes when the subject is erased.
create table if not exists vault.blind (
    index   bytea not null,
    subject uuid not null,
    primary key (index, subject)
);
create index if not exists blind_subject on vault.blind (subject);
grant usage on schema vault to vault;
grant select, insert, update on vault.subject_key to vault;
grant select, insert, delete on vault.blind to vault;
