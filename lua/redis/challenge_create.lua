-- A code was made.
--
-- KEYS[1]  hpf:{ch:ID}
-- ARGV     keyed hash of the number, keyed hash of the code, purpose,
--          attempts, seconds

redis.call("HSET", KEYS[1], "m", ARGV[1], "code", ARGV[2],
           "purpose", ARGV[3], "left", ARGV[4])

return redis.call("EXPIRE", KEYS[1], ARGV[5])
