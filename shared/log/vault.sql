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

-- What was opened, for whom and what for, as the vault saw it (decision 50). Its role only ever adds.
create table if not exists vault.opening (
    id       bigint generated always as identity primary key,
    at       timestamptz not null default clock_timestamp(),
    service  text not null,
    purpose  text not null,
    by       uuid[] not null,                          -- who asked, as the service says; nobody for its own work
    via      text not null,                            -- the operation or the commands
    request  text not null,                            -- the correlation id, or the commands' ids
    about    uuid,                                     -- of a disclosure: the record it is about
    fields   text[] not null,
    subjects uuid[] not null,
    n        int not null
);
create index if not exists opening_at on vault.opening (at);

-- A key is changed and destroyed here and nowhere else: the vault's role may add keys and read them.
create or replace function vault.erase(_subject uuid) returns void language sql security definer
set search_path = pg_catalog, pg_temp as $$
    insert into vault.subject_key as k (subject, wrapped, destroyed) values (_subject, null, now())
        on conflict (subject) do update set wrapped = null, destroyed = coalesce(k.destroyed, now());
    delete from vault.blind where subject = _subject;
$$;
create or replace function vault.rewrap(_subjects uuid[], _wrapped bytea[], _was bytea[], _mk text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    update vault.subject_key k set wrapped = n.wrapped, mk = _mk from unnest(_subjects, _wrapped, _was) as n (subject, wrapped, was)
        where k.subject = n.subject and k.wrapped = n.was;
$$;
create or replace function vault.copied(_subject uuid, _seq bigint, _rev bigint) returns void language sql security definer
set search_path = pg_catalog, pg_temp as $$
    update vault.subject_key set seq = _seq, copied = _rev where subject = _subject;
$$;
create or replace function vault.copies_lost() returns void language sql security definer
set search_path = pg_catalog, pg_temp as $$
    update vault.subject_key set copied = 0, seq = 0 where copied > 0;
$$;

-- How long what was opened is kept the operator says; the vault itself can't make it less than half a year.
create or replace function vault.forget_openings(_days int) returns bigint language sql security definer
set search_path = pg_catalog, pg_temp as $$
    with gone as (delete from vault.opening where at < now() - make_interval(days => greatest(_days, 183)) returning 1)
    select count(*) from gone;
$$;

do $owned$
declare
    what text;
begin
    execute format('alter database %I owner to %I', current_database(), current_user);
    alter schema vault owner to vault_owner;
    foreach what in array array['subject_key', 'blind', 'opening'] loop
        execute format('alter table vault.%I owner to vault_owner', what);
        execute format('revoke all on vault.%I from vault', what);
    end loop;
    foreach what in array array['changed()', 'erase(uuid)', 'rewrap(uuid[], bytea[], bytea[], text)', 'copied(uuid, bigint, bigint)',
        'copies_lost()', 'forget_openings(int)'] loop
        execute format('alter function vault.%s owner to vault_owner', what);
        execute format('revoke all on function vault.%s from public', what);
        execute format('grant execute on function vault.%s to vault', what);
    end loop;
end $owned$;
grant usage on schema vault to vault;
grant select, insert (subject, wrapped, mk) on vault.subject_key to vault;
grant select, insert on vault.blind to vault;
grant select, insert (service, purpose, by, via, request, about, fields, subjects, n) on vault.opening to vault;
