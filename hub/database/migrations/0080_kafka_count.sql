-- How many records lie between two offsets of a partition in Kafka, which gives offsets to the ends of transactions too. Facts that were counted once; without them they are counted again.
CREATE TABLE kafka_count (
  topic text NOT NULL,
  partition integer NOT NULL,
  first_offset bigint NOT NULL,
  next_offset bigint NOT NULL,
  records bigint NOT NULL,
  PRIMARY KEY (topic, partition, first_offset)
);
