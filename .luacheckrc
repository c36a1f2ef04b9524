-- plugins run in LuaJIT with the host's table "hpf"; Redis' scripts have theirs

std = "luajit"
max_line_length = 80
unused_args = false

files["plugins"] = { read_globals = { "hpf" } }
files["lua/hpf"] = { read_globals = { "hpf" } }
files["bench"] = { globals = { "ngx" } }
files["t"] = { read_globals = { "hpf" } }
files["lua/redis"] = {
    read_globals = {
        "KEYS", "ARGV", "redis", "cjson", "cmsgpack", "struct", "bit",
        "limit_take",
    },
}
