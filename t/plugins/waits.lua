-- A plugin that waits at one point, {"at": "backend"}, then for Redis once
-- more, and answers with "n" of its form; as waits.c.

local points = {
    backend = function()
        return hpf.backend("core", { path = "/loans?id_no=1" })
    end,
    redis = function()
        return hpf.redis({ "LPUSH", "list", "x", ttl = 60 })
    end,
    sleep = function()
        return hpf.sleep(200)
    end,
    case = function()
        return hpf.case.open("checking")
    end,
    kv = function()
        return hpf.kv.incr("waits", 1, 60)
    end,
    all = function()
        return hpf.all(
            { "core", { path = "/loans?id_no=1" } },
            { hpf.sleep, 200 },
            { hpf.kv.incr, "waits", 1, 60 })
    end,
}

local function handle(request)
    hpf.log.notice("waits")
    points[request.form.at]()
    hpf.kv.incr("waits", 1, 60)

    return { n = request.form.n }
end

return { handle = handle }
