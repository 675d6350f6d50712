package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"uncloak/ingest"
)

// tlsPort is the default address for syslog over TLS (RFC 5425).
const tlsPort = ":6514"

// tlsConfig holds the certificate of serve and the clients that may connect with TLS.
type tlsConfig struct {
	Cert         string   `koanf:"cert"`
	Key          string   `koanf:"key"`
	ClientCA     string   `koanf:"client_ca"`
	AllowedNames []string `koanf:"allowed_names"`
}

func (s tlsConfig) files() ingest.TLSFiles {
	return ingest.TLSFiles{Cert: s.Cert, Key: s.Key, ClientCA: s.ClientCA, AllowedNames: present(s.AllowedNames)}
}

// listenFlags adds the flags of the addresses at which serve receives.
func listenFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSlice("udp", nil, "addresses for datagrams (default :514)")
	f.StringSlice("tcp", nil, "addresses for streams (default :514)")
	f.StringSlice("unix", nil, "paths of unix datagram sockets, like /dev/log")
	f.StringSlice("unix-stream", nil, "paths of unix stream sockets")
	f.String("socket-mode", "", "permissions of the unix sockets, like 0660 (default as the umask has it)")
	f.StringSlice("tls", nil, "addresses for TLS (default :6514 where a certificate is given)")
	f.String("tls-cert", "", "PEM file of serve's certificate")
	f.String("tls-key", "", "PEM file of its key")
	f.String("tls-client-ca", "", "PEM file of the authority that TLS clients must have a certificate of")
	f.String("http", "", "address for the pages, for /metrics (Prometheus) and /healthz, like 127.0.0.1:8514 "+
		"(default nowhere)")
	f.String("http-cert", "", "PEM file of the certificate for the pages")
	f.String("http-key", "", "PEM file of its key")
	f.Bool("http-insecure", false, "show the pages without TLS where others can reach them, and read the password")
	f.StringSlice("allow", nil, "networks and addresses that may send; private (the default), or all")
	f.StringSlice("tls-allow", nil,
		"names of TLS clients, like gw.example.net or *.lan (default all that the authority knows)")
}

// feedFlags adds the flags of the files, kernel messages and journals that serve reads.
func feedFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSlice("follow", nil, "files to read as they grow, through rotation and restarts")
	f.Bool("kmsg", false, "read the messages of this machine's kernel, from /dev/kmsg")
	f.String("journal", "", "read systemd's journal: of this machine, or --journal=DIRECTORY with its files")
	f.Lookup("journal").NoOptDefVal = ingest.JournalHere
	f.Bool("stdin", false, "read standard input to its end")
}

// listen opens the sockets of the receiver. Port 514 may need root: if it is not permitted and the config names no
// address, port 5514 is used.
func (a *app) listen(to ingest.Appender, lines []ingest.Lines) (*ingest.Server, error) {
	cfg, err := a.receiver()
	if err != nil {
		return nil, err
	}
	cfg.Lines = lines
	if cfg.Sockets = inherited(); len(cfg.Sockets) > 0 { // sockets from systemd replace the default ones
		if !a.cfg.set("listen.udp") {
			cfg.UDP = nil
		}
		if !a.cfg.set("listen.tcp") {
			cfg.TCP = nil
		}
		if !a.cfg.set("listen.tls") {
			cfg.TLS = nil
		}
	}
	switch {
	case cfg.Secure == nil && slices.ContainsFunc(cfg.Sockets, func(s ingest.Socket) bool { return s.TLS }):
		return nil, usagef("systemd hands over a socket named tls, and TLS needs a certificate and its key; see " +
			"--tls-cert and --tls-key, or tls in the config")
	case receivesNothing(cfg) && len(cfg.Sockets) == 0:
		return nil, usagef("there is nothing to receive from: give --udp or --tcp an address, or --follow, --kmsg, " +
			"--journal or --stdin")
	}
	srv, err := openReceiver(cfg, to)
	if errors.Is(err, fs.ErrPermission) && !a.cfg.set("listen.udp") && !a.cfg.set("listen.tcp") {
		a.log.Warn("port 514 is not permitted, listening on 5514 instead: point the router there, or allow it with " +
			"setcap cap_net_bind_service=+ep")
		cfg.UDP, cfg.TCP = []string{":5514"}, []string{":5514"}
		srv, err = openReceiver(cfg, to)
	}
	var op *net.OpError
	switch {
	case errors.Is(err, syscall.EADDRINUSE) && errors.As(err, &op) && strings.HasPrefix(op.Net, "unix"):
		return nil, fmt.Errorf("%w: another program listens there, or it is no socket; stop that program, or use "+
			"another path", err)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%w: use a port above 1023, such as --udp :5514 --tcp :5514", err)
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%w: another syslog server has it; stop that one, or use another port, such as --udp "+
			":5514 --tcp :5514", err)
	}
	return srv, err
}

// receiver returns the part of the config that the receiver needs, with the certificates loaded.
func (a *app) receiver() (ingest.Config, error) {
	cfg := ingest.DefaultConfig()
	cfg.UDP, cfg.TCP, cfg.Unixgram = present(a.cfg.Listen.UDP), present(a.cfg.Listen.TCP), present(a.cfg.Listen.Unix)
	cfg.UnixStream, cfg.TLS = present(a.cfg.Listen.UnixStream), a.cfg.tlsAddresses()
	cfg.SocketMode = fs.FileMode(a.cfg.Listen.SocketMode)
	cfg.Log, cfg.Now = a.log, a.now
	a.cfg.Limits.apply(&cfg, a.cfg.Memory)
	cfg.Follow, cfg.Journal = present(a.cfg.Follow), a.cfg.Journal
	cfg.Positions = filepath.Join(a.cfg.Data, "positions.json")
	cfg.GivenUp = filepath.Join(a.cfg.Data, ingest.GivenUpDir)
	if a.cfg.Kmsg {
		cfg.Kmsg = "/dev/kmsg"
	}
	if a.cfg.Stdin {
		cfg.Stdin = a.stdin
	}
	var err error
	cfg.Settings, err = a.cfg.receive()
	return cfg, err
}

// tlsAddresses returns the addresses for TLS: the configured ones, else the default port if there is a certificate.
func (c *config) tlsAddresses() []string {
	if c.TLS.Cert != "" && !c.set("listen.tls") {
		return []string{tlsPort}
	}
	return present(c.Listen.TLS)
}

// receive returns the settings that the receiver can change while it runs.
func (c *config) receive() (ingest.Settings, error) {
	set := ingest.Settings{Location: c.location, Here: time.Local, Allow: c.allow, Rate: ingest.Rate(c.Rate),
		Routers: map[netip.Addr]ingest.Router{}}
	for _, r := range c.Routers {
		known := ingest.Router{Name: r.Name, Rate: ingest.Rate(r.Rate)}
		if r.Timezone != "" {
			known.Location, _ = zone(r.Timezone) // checked by complete
		}
		known.Dialect, _ = dialect(r.Dialect)
		set.Routers[r.Address.Unmap()] = known
	}
	if len(c.tlsAddresses()) > 0 || c.TLS.files().Given() { // with half of the files, strangers would be let in
		var err error
		if set.Secure, err = c.TLS.files().Load(); err != nil {
			return set, usagef("%w; see --tls-cert, --tls-key and --tls-client-ca, or tls in the config", err)
		}
	}
	return set, nil
}

// openReceiver checks cfg and opens its sockets.
func openReceiver(cfg ingest.Config, to ingest.Appender) (*ingest.Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, usageError{err}
	}
	srv, err := ingest.New(cfg, to)
	if err != nil {
		return nil, err
	}
	return srv, srv.Listen()
}

// receivesNothing reports whether cfg names no address, file or other source to receive from.
func receivesNothing(cfg ingest.Config) bool {
	return len(cfg.UDP)+len(cfg.TCP)+len(cfg.TLS)+len(cfg.Unixgram)+len(cfg.UnixStream)+len(cfg.Follow) == 0 &&
		cfg.Journal == "" && cfg.Kmsg == "" && cfg.Stdin == nil && len(cfg.Lines) == 0
}

// present returns the words that are not empty: an empty one turns a listener off.
func present(words []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(s string) bool { return strings.TrimSpace(s) == "" })
}
