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

-- The keys' second home (decision 40): rev counts the changes of a row, copied is the change last copied, seq where the copy stands.
alter table vault.subject_key add column if not exists rev bigint not null default 1;
alter table vault.subject_key add column if not exists copied bigint not null default 0;
alter table vault.subject_key add column if not exists seq bigint not null default 0;
create index if not exists subject_key_uncopied on vault.subject_key (subject) where copied <> rev;
create or replace function vault.changed() returns trigger language plpgsql as $$
begin
    if (new.wrapped, new.mk) is distinct from (old.wrapped, old.mk) then new.rev := old.rev + 1; end if;
    return new;
end $$;
create or replace trigger key_changed before update on vault.subject_key for each row execute function vault.changed();

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
