-- An attempt that succeeded, or that was none, is no failure.
--
-- KEYS     as in lock_take.lua
-- ARGV     of each key, how many are free, or -1: all failures are forgotten

for i, key in ipairs(KEYS) do
    local n = redis.call("HGET", key, "n")

    if n and (ARGV[i] == "-1" or n + 0 <= 1) then
        redis.call("UNLINK", key)

    elseif n then
        redis.call("HINCRBY", key, "n", -1)

        if n - 1 < ARGV[i] + 0 then
            redis.call("HDEL", key, "until")
        end
    end
end

return 1
