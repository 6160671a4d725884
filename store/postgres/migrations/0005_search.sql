-- What people search: names by their trigrams, texts by their German words. Both are
-- computed from records; programs of earlier versions do not keep them, later ones
-- make up for it when they start.
create table search_names (coach bytea primary key, trigrams text[] not null);
create index search_names_trigrams on search_names using gin (trigrams);
create table search_texts (article bigint primary key, words tsvector not null);
create index search_texts_words on search_texts using gin (words);
