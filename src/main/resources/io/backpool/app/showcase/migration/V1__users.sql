CREATE TABLE users (
  id ${identity},
  name VARCHAR(200) NOT NULL,
  email VARCHAR(254) NOT NULL UNIQUE,
  version INTEGER NOT NULL DEFAULT 1
);
