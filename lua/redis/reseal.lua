-- A text in the place of another one, if that is still there.
--
-- KEYS[1]  a record
-- ARGV     member, the text that it was, the new one; and so on

for i = 1, #ARGV, 3 do
    if redis.call("HGET", KEYS[1], ARGV[i]) == ARGV[i + 1] then
        redis.call("HSET", KEYS[1], ARGV[i], ARGV[i + 2])
    end
end

return 1
