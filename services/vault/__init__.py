"""The vault: the only process that holds master keys and the password of the database of subjects' keys.

Services ask it over a Unix socket to seal texts, to open what is sealed (for a purpose of a closed list, ``shared/language/openings``),
to find by number, and to destroy a subject's key. Whatever it opens it writes down itself, in its own database, before it
answers or within a moment: who asked, on whose behalf, for what, whose data.

It has no log of events, no HTTP and no views, so it has rooms of its own: ``domain`` says which service may ask for what,
``keys`` is the cipher and the table of keys, ``records`` what was opened, ``copies`` the keys' second home, ``answering`` the
socket.
"""
