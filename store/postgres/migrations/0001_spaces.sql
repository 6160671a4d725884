-- One table for every space of the ledger: keys and values are bytes, in byte order.
create table space_meta (key bytea primary key, value bytea not null);
create table space_articles (key bytea primary key, value bytea not null);
create table space_texts (key bytea primary key, value bytea not null);
create table space_text_ages (key bytea primary key, value bytea not null);
create table space_findings (key bytea primary key, value bytea not null);
create table space_article_keys (key bytea primary key, value bytea not null);
create table space_article_topics (key bytea primary key, value bytea not null);
create table space_stories (key bytea primary key, value bytea not null);
create table space_story_keys (key bytea primary key, value bytea not null);
create table space_story_topics (key bytea primary key, value bytea not null);
create table space_open_topics (key bytea primary key, value bytea not null);
create table space_story_checks (key bytea primary key, value bytea not null);
create table space_coaches (key bytea primary key, value bytea not null);
create table space_names (key bytea primary key, value bytea not null);
create table space_chats (key bytea primary key, value bytea not null);
create table space_digest_chats (key bytea primary key, value bytea not null);
create table space_paused_chats (key bytea primary key, value bytea not null);
create table space_subscribers (key bytea primary key, value bytea not null);
create table space_subscriptions (key bytea primary key, value bytea not null);
create table space_postings (key bytea primary key, value bytea not null);
create table space_chat_postings (key bytea primary key, value bytea not null);
create table space_deliveries (key bytea primary key, value bytea not null);
create table space_delivery_ids (key bytea primary key, value bytea not null);
create table space_queues (key bytea primary key, value bytea not null);
create table space_heads (key bytea primary key, value bytea not null);
create table space_boxes (key bytea primary key, value bytea not null);
create table space_leases (key bytea primary key, value bytea not null);
create table space_parked (key bytea primary key, value bytea not null);
create table space_fanouts (key bytea primary key, value bytea not null);
create table space_feeds (key bytea primary key, value bytea not null);
create table space_notes (key bytea primary key, value bytea not null);

-- Numbers given out in order, without gaps: articles, stories, fan-outs.
create table counts_up (space text primary key, last bigint not null);

-- Numbers whose gaps nobody sees, in blocks of 32: no two writers wait for one row.
create sequence number_deliveries increment 32;
create sequence number_parked increment 32;

-- Totals as a sum over slots: every process adds in its own.
create table totals (name bytea, slot smallint, amount bigint not null, primary key (name, slot));

-- Whoever writes holds it in exclusive mode: writers of all processes take turns.
create table gate ();

-- The last transaction that each writing process committed: what an answer lost
-- on the way would have said.
create table receipts (writer text primary key, number bigint not null, at timestamptz not null);
