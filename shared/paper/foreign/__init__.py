"""Files from outside: the one shelf through which their bytes are read, by the services and the command line alike.

A foreign file is never parsed in the process that serves. ``uploads.received`` takes an upload into a file without a name,
which is gone with whoever holds it; ``reading.Reading`` has a child process of its own read it (``child``), under limits of
memory, processor and wall time, and passes on what the child tells as plain JSON; ``tables.Tables`` is that for sheets and
rows. A child that dies, whatever the file made it do, is a ``FileUnreadable``: a problem document, and the service goes on.
A new kind of file is a new name in ``child.READERS``.
"""
