-- The append-only log of one service. Run as administrator in the service's own database, after
--   select set_config('guiren.service', 'roster', false);
-- Idempotent. Positions are dense and come from one head row, taken as the last lock: commit order is position order,
-- a rollback leaves no hole, and a reader of `pos > cursor` never misses a row (design: the event log).
do $install$
declare
    service name := current_setting('guiren.service');
    owner   name := service || '_owner';
begin
    execute format('create schema if not exists log authorization %I', owner);
    execute format('set local role %I', owner);

    create table if not exists log.head (
        one boolean primary key default true check (one),
        pos bigint not null default 0,
        rec_us bigint not null default 0
    ) with (fillfactor = 10);
    alter table log.head add column if not exists loading boolean not null default false;  -- The demo's past is not all here yet.
    insert into log.head default values on conflict do nothing;

    create table if not exists log.stream (
        stream text primary key,
        ver int not null
    ) with (fillfactor = 50);

    create table if not exists log.command (
        id uuid primary key,
        fingerprint bytea not null,
        stream text not null,
        first_pos bigint not null,
        n int not null,
        rec_us bigint not null
    );

    create table if not exists log.entry (
        pos bigint primary key,
        rec_us bigint not null,
        stream text not null,
        ver int not null,
        type text not null,
        body bytea not null check (octet_length(body) <= 65000),
        leaf_hash bytea not null generated always as (sha256('\x00'::bytea || int8send(pos) || int8send(rec_us) || body)) stored
    );
    create index if not exists entry_stream on log.entry (stream, ver);
    create index if not exists entry_appended on log.entry (rec_us, pos);  -- Where an append ends is read from the index alone.
    drop index if exists log.entry_recorded;

    -- One transaction's commands, each on a stream of its own. Arrays in step: the first group one element a command,
    -- the second one element a fact, in order. A batch in which every command is known answers as it did the first time.
    create or replace function log._append(
        _ids uuid[], _fingerprints bytea[], _streams text[], _expected int[], _counts int[],
        _fact_streams text[], _fact_vers int[], _types text[], _bodies bytea[], _rec bigint,
        out first_pos bigint, out rec_us bigint, out replayed boolean, out same boolean
    ) language plpgsql set search_path = log, pg_catalog as $$
    declare
        facts int := cardinality(_types);
        commands int := cardinality(_ids);
        known int;
        done int;
        demo boolean;  -- Whether the past is being loaded.
    begin
        select count(*), min(c.first_pos), min(c.rec_us), coalesce(bool_and(c.fingerprint in (i.print, '')), true)
            into known, first_pos, rec_us, same
            from unnest(_ids, _fingerprints) i(id, print) join command c on c.id = i.id;
        if known = commands then
            replayed := true;
            return;
        elsif known > 0 then
            raise exception 'some commands of the batch are known' using errcode = '23505';
        end if;
        if commands = 1 then
            if _expected[1] = 0 then
                insert into stream values (_streams[1], _counts[1]) on conflict do nothing;
            else
                update stream s set ver = s.ver + _counts[1] where s.stream = _streams[1] and s.ver = _expected[1];
            end if;
            get diagnostics done = row_count;
        else
            insert into stream
                select u.stream, u.n from unnest(_streams, _expected, _counts) u(stream, expected, n) where u.expected = 0
                on conflict do nothing;
            get diagnostics done = row_count;
            update stream s set ver = s.ver + u.n
                from unnest(_streams, _expected, _counts) u(stream, expected, n)
                where u.expected > 0 and s.stream = u.stream and s.ver = u.expected;
            get diagnostics known = row_count;
            done := done + known;
        end if;
        if done <> commands then
            raise exception 'another version of a stream was expected' using errcode = '40001';
        end if;
        update head h                                                     -- The last lock of the transaction's own work.
            set pos = h.pos + facts,
                rec_us = greatest(h.rec_us + 1, coalesce(_rec, (extract(epoch from clock_timestamp()) * 1e6)::bigint)),
                loading = h.loading or _rec is not null
            returning old.pos + 1, new.rec_us, new.loading into first_pos, rec_us, demo;
        if demo and _rec is null then
            raise exception 'the past is being loaded, its views are not made' using errcode = '55000';
        end if;
        insert into entry (pos, rec_us, stream, ver, type, body)
            select _append.first_pos + u.o - 1, _append.rec_us, u.stream, u.ver, u.type, u.body
            from unnest(_fact_streams, _fact_vers, _types, _bodies) with ordinality u(stream, ver, type, body, o);
        insert into command
            select u.id, u.print, u.stream, _append.first_pos + sum(u.n) over (order by u.o) - u.n, u.n, _append.rec_us
            from unnest(_ids, _fingerprints, _streams, _counts) with ordinality u(id, print, stream, n, o);
        replayed := false;
        same := true;
    end $$;

    create or replace function log.append(
        _ids uuid[], _fingerprints bytea[], _streams text[], _expected int[], _counts int[],
        _fact_streams text[], _fact_vers int[], _types text[], _bodies bytea[],
        out first_pos bigint, out rec_us bigint, out replayed boolean, out same boolean
    ) language sql security definer set search_path = log, pg_catalog as
    $$ select * from log._append(_ids, _fingerprints, _streams, _expected, _counts, _fact_streams, _fact_vers, _types, _bodies, null) $$;

    -- The demo district has a past: its loader alone may say when a thing was recorded, only forwards, never in the future.
    create or replace function log.append_demo(
        _ids uuid[], _fingerprints bytea[], _streams text[], _expected int[], _counts int[],
        _fact_streams text[], _fact_vers int[], _types text[], _bodies bytea[], _rec bigint,
        out first_pos bigint, out rec_us bigint, out replayed boolean, out same boolean
    ) language sql security definer set search_path = log, pg_catalog as
    $$ select * from log._append(_ids, _fingerprints, _streams, _expected, _counts, _fact_streams, _fact_vers, _types, _bodies,
           least(_rec, (extract(epoch from clock_timestamp()) * 1e6)::bigint)) $$;

    -- What the loader writes has no views until it has made them: from before its first fact to after its last view nobody else
    -- appends, so that nothing is decided on views that are not there.
    create or replace function log.load_demo(_on boolean) returns void
        language sql security definer set search_path = log, pg_catalog as
    $$ update head set loading = _on where loading <> _on $$;

    -- A log that lost its tail (an old backup, a dropped database) gets it back from its stream, byte for byte. For the
    -- administrator alone: it takes recorded times as they come. A restored command has no fingerprint and fits any repeat.
    create or replace function log.restore(
        _positions bigint[], _recs bigint[], _streams text[], _vers int[], _types text[], _bodies bytea[], _commands uuid[]
    ) returns bigint language plpgsql set search_path = log, pg_catalog as $$
    declare
        at bigint;
        n int := cardinality(_positions);
    begin
        select pos into at from head for update;
        if _positions[1] <> at + 1 or _positions[n] <> at + n then
            raise exception 'the log stands at %, % can''t follow', at, _positions[1];
        end if;
        insert into entry (pos, rec_us, stream, ver, type, body)
            select * from unnest(_positions, _recs, _streams, _vers, _types, _bodies);
        insert into stream select u.stream, max(u.ver) from unnest(_streams, _vers) u(stream, ver) group by u.stream
            on conflict (stream) do update set ver = excluded.ver;
        insert into command
            select u.id, '', min(u.stream), min(u.pos), count(*), min(u.rec)
            from unnest(_commands, _streams, _positions, _recs) u(id, stream, pos, rec) group by u.id
            on conflict (id) do nothing;
        update head set pos = _positions[n], rec_us = _recs[n];
        return _positions[n];
    end $$;

    -- The sealed log (decision 64): tiles of the Merkle tree over the leaves, and a signed checkpoint for every sealing. They
    -- follow from the entries, so nothing here guards them but rights: what was signed is the proof.
    create table if not exists log.tile (
        level smallint not null,
        number bigint not null,
        hashes bytea not null check (octet_length(hashes) between 32 and 8192),
        primary key (level, number)
    );
    create table if not exists log.seal (
        size bigint primary key,
        root bytea not null,
        note text not null,
        at timestamptz not null default clock_timestamp()
    );
    create or replace function log.add_seal(
        _from bigint, _size bigint, _root bytea, _note text, _levels smallint[], _numbers bigint[], _hashes bytea[]
    ) returns void language plpgsql security definer set search_path = log, pg_catalog as $$
    declare
        n int;
    begin
        perform pg_advisory_xact_lock(52050204);
        if (select coalesce(max(s.size), 0) from seal s) <> _from or _size <= _from then
            raise exception 'another seal was expected' using errcode = '40001';
        elsif _size > (select h.pos from head h) then
            raise exception 'a seal speaks of what is not there' using errcode = '23514';
        end if;
        insert into tile as t select * from unnest(_levels, _numbers, _hashes)
            on conflict (level, number) do update set hashes = excluded.hashes
            where substr(excluded.hashes, 1, octet_length(t.hashes)) = t.hashes;
        get diagnostics n = row_count;
        if n <> cardinality(_levels) then
            raise exception 'a tile only grows' using errcode = '23514';
        end if;
        insert into seal (size, root, note) values (_size, _root, _note);
    end $$;

    create or replace function log.refuse() returns trigger language plpgsql as
    $$ begin raise exception '事件日志只能追加:% on %', tg_op, tg_table_name using errcode = '42501'; end $$;
    create or replace trigger entry_stays before update or delete or truncate on log.entry for each statement execute function log.refuse();
    create or replace trigger command_stays before update or delete or truncate on log.command for each statement execute function log.refuse();
    create or replace trigger stream_stays before delete or truncate on log.stream for each statement execute function log.refuse();
    create or replace trigger head_stays before delete or truncate on log.head for each statement execute function log.refuse();

    revoke all on all functions in schema log from public;
    execute format('grant usage on schema log to %I', service);
    execute format('grant select on all tables in schema log to %I', service);
    execute format('grant execute on function log.append, log.add_seal to %I', service);
    if exists (select from pg_roles where rolname = 'guiren_demo') then
        grant usage on schema log to guiren_demo;
        grant select on all tables in schema log to guiren_demo;
        grant execute on function log.append_demo, log.load_demo to guiren_demo;
    end if;
    reset role;
end $install$;
