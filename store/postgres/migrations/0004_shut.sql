-- How far a database is on its way to be closed for writing; no row: it is open.
create table shut (step text primary key);
