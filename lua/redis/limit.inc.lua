-- Limits by GCRA: a key holds the microsecond at which its limit will be all
-- free again.  Stands in front of the scripts that take limits.
--
-- keys  of the limits
-- argv  from at on, three for each: microseconds of one token, microseconds
--       of all, tokens wanted
--
-- Gives as many tokens as there is room for, up to what is wanted, but takes
-- none of any limit if there is not one of each.  Returns four for each limit:
-- tokens taken, tokens left, microseconds until all are free, and until there
-- is one, 0 where there was.

local function limit_take(keys, argv, at)  -- luacheck: ignore
    local t = redis.call("TIME")
    local now = t[1] * 1000000 + t[2]
    local interval, room, used, take = {}, {}, {}, {}
    local enough = true
    local answer = {}

    for i, key in ipairs(keys) do
        local free = tonumber(redis.call("GET", key) or 0)

        interval[i] = tonumber(argv[at])
        room[i] = tonumber(argv[at + 1])
        used[i] = math.min(math.max(free - now, 0), room[i])
        take[i] = math.min(math.floor((room[i] - used[i]) / interval[i]),
                           tonumber(argv[at + 2]))

        enough = enough and take[i] > 0
        at = at + 3
    end

    for i, key in ipairs(keys) do
        local wait = 0

        if take[i] == 0 then
            wait = used[i] + interval[i] - room[i]
        end

        if enough then
            used[i] = used[i] + take[i] * interval[i]

            redis.call("SET", key, string.format("%.0f", now + used[i]),
                       "PX", math.ceil(used[i] / 1000))
        else
            take[i] = 0
        end

        answer[4 * i - 3] = take[i]
        answer[4 * i - 2] = math.floor((room[i] - used[i]) / interval[i])
        answer[4 * i - 1] = used[i]
        answer[4 * i] = wait
    end

    return answer, enough
end
