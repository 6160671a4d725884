-- The version that a program must know to use the tables: a migration that only
-- adds something leaves the programs before it at work for the time of a deploy.
-- Version 2 knows everything that matters of this one.
alter table migrations add column least int;
update migrations set least = number;
alter table migrations alter column least set default 2;
