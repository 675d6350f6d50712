package main

import (
	"github.com/spf13/cobra"
)

func (a *app) tableCommand() *cobra.Command {
	var t windowFlags
	var format, output, router, at, step string
	var changes []string
	cmd := &cobra.Command{Use: "table", Short: "The session table over time: who held it, and what if",
		Long: "Prints the router's session table as it is rebuilt from the log: its fullest second in each step\n" +
			"of time, who held most, when it was full. --at shows who held it at one moment, by state.\n" +
			"--what-if replays the recorded sessions with other settings and says which overflows would have\n" +
			"been left; --what-if auto finds the smallest single change that would have avoided them all.\n" +
			"Without --day, --from and --to it is about yesterday, or, where nothing is stored of yesterday,\n" +
			"about the last day that has events. It works while serve runs on the same data directory.\n\n" +
			"What can be changed (several with commas, or --what-if again; times are seconds, or 90s, 2h):\n" +
			"  limit=200            sessions that each host may have; limit=200@HOST of one host\n" +
			"  table=4096           entries of the table\n" +
			"  time_wait=30         each timeout of the config: syn_sent syn_recv established fin_wait\n" +
			"                       close_wait last_ack time_wait close udp udp_stream icmp generic typical_tcp\n" +
			"  without=HOST         a host taken away, and the lookups that it sets off elsewhere\n" +
			"  keepalive=60@HOST    a server keeps idle sessions open for the client's next page;\n" +
			"                       HOST:PORT one service\n" +
			"  linger=0@HOST        how long entries stay after a session with that server, instead of TIME_WAIT",
		Example: "uncloak table --day yesterday\nuncloak table --at \"2026-11-21 20:30:04\"\n" +
			"uncloak table --at peak\nuncloak table --what-if auto\n" +
			"uncloak table --what-if limit=200 --what-if udp=10\n" +
			"uncloak table --what-if without=vmhost --format json"}
	t.add(cmd)
	f := cmd.Flags()
	f.StringVar(&router, "router", "",
		"name of the router (default all; with --at and --what-if the one that refused most)")
	f.StringVar(&at, "at", "", "who held the table at that time: as --from, or peak")
	f.StringVar(&step, "step", "", "the entries at each step of time, from 100ms to less than 10s, such as 1s")
	f.StringArrayVar(&changes, "what-if", nil, "replay with a change, such as limit=200, or auto")
	f.StringVar(&format, "format", "text", "text, json, csv or ndjson (csv and ndjson: each 10 s slot)")
	f.StringVarP(&output, "output", "o", "", "write to this file instead of stdout")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := oneOf("format", &format, "text", "json", "csv", "ndjson"); err != nil {
			return err
		}
		v := t.values()
		set(v, "format", format)
		set(v, "router", router)
		set(v, "at", at)
		set(v, "step", step)
		for _, c := range changes {
			v.Add("what-if", c)
		}
		return a.show(cmd, "/v1/table", v, output, "")
	}
	return cmd
}
