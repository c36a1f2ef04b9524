-- A text was made for a certificate's key to sign.
--
-- KEYS[1]  hpf:{ch:ID}
-- ARGV     the text, purpose, seconds

redis.call("HSET", KEYS[1], "nonce", ARGV[1], "purpose", ARGV[2])

return redis.call("EXPIRE", KEYS[1], ARGV[3])
