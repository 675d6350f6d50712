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

// tlsPort is where syslog over TLS comes to (RFC 5425) when nobody says otherwise.
const tlsPort = ":6514"

// secure is how serve speaks TLS.
type secure struct {
	Cert         string   `koanf:"cert"`
	Key          string   `koanf:"key"`
	ClientCA     string   `koanf:"client_ca"`
	AllowedNames []string `koanf:"allowed_names"`
}

func (s secure) files() ingest.TLSFiles {
	return ingest.TLSFiles{Cert: s.Cert, Key: s.Key, ClientCA: s.ClientCA, AllowedNames: present(s.AllowedNames)}
}

// listenFlags are the addresses to receive at.
func listenFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSlice("udp", nil, "addresses for datagrams (default :514)")
	f.StringSlice("tcp", nil, "addresses for streams (default :514)")
	f.StringSlice("unix", nil, "paths of unix datagram sockets, like /dev/log")
	f.StringSlice("unix-stream", nil, "paths of unix stream sockets")
	f.StringSlice("tls", nil, "addresses for TLS (default :6514 where a certificate is given)")
	f.String("tls-cert", "", "PEM file of our certificate")
	f.String("tls-key", "", "PEM file of its key")
	f.String("tls-client-ca", "", "PEM file of the authority that TLS clients must have a certificate of")
	f.String("http", "", "address for GET /metrics (Prometheus) and /healthz, like 127.0.0.1:8514 (default nowhere)")
	f.StringSlice("allow", nil, "networks and addresses that may send; private (the default), or all")
	f.StringSlice("tls-allow", nil, "names of TLS clients, like gw.example.net or *.lan (default all that the authority knows)")
}

// feedFlags are what is read besides.
func feedFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSlice("follow", nil, "files to read as they grow, through rotation and restarts")
	f.Bool("kmsg", false, "read what the kernel of this machine says, from /dev/kmsg")
	f.String("journal", "", "read systemd's journal: of this machine, or --journal=DIRECTORY with its files")
	f.Lookup("journal").NoOptDefVal = ingest.JournalHere
	f.Bool("stdin", false, "read standard input to its end")
}

// listen opens the sockets of the receiver. Port 514 belongs to root: where nobody gave an address and it is not permitted,
// 5514 serves.
func (a *app) listen(to ingest.Appender) (*ingest.Server, error) {
	cfg, err := a.receiver()
	if err != nil {
		return nil, err
	}
	if cfg.Sockets = inherited(); len(cfg.Sockets) > 0 { // instead of those that nobody asked for
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
		return nil, usagef("systemd hands over a socket named tls, and TLS needs a certificate and its key; see --tls-cert and --tls-key, or tls in the config")
	case deaf(cfg) && len(cfg.Sockets) == 0:
		return nil, usagef("there is nothing to receive from: give --udp or --tcp an address, or --follow, --kmsg, --journal or --stdin")
	}
	srv, err := open(cfg, to)
	if errors.Is(err, fs.ErrPermission) && !a.cfg.set("listen.udp") && !a.cfg.set("listen.tcp") {
		a.log.Warn("port 514 is not permitted, listening on 5514 instead: point the router there, or allow it with setcap cap_net_bind_service=+ep")
		cfg.UDP, cfg.TCP = []string{":5514"}, []string{":5514"}
		srv, err = open(cfg, to)
	}
	var op *net.OpError
	switch {
	case errors.Is(err, syscall.EADDRINUSE) && errors.As(err, &op) && strings.HasPrefix(op.Net, "unix"):
		return nil, fmt.Errorf("%w: another program listens there, or it is no socket; stop that program, or use another path", err)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%w: use a port above 1023, such as --udp :5514 --tcp :5514", err)
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%w: another syslog server has it; stop that one, or use another port, such as --udp :5514 --tcp :5514", err)
	}
	return srv, err
}

// receiver is the part of the config that the receiver needs. It reads the files that it names.
func (a *app) receiver() (ingest.Config, error) {
	cfg := ingest.DefaultConfig()
	cfg.UDP, cfg.TCP, cfg.Unixgram = present(a.cfg.Listen.UDP), present(a.cfg.Listen.TCP), present(a.cfg.Listen.Unix)
	cfg.UnixStream, cfg.TLS = present(a.cfg.Listen.UnixStream), a.cfg.tlsAddresses()
	cfg.Log, cfg.Now = a.log, a.now
	a.cfg.Limits.apply(&cfg, a.cfg.Memory)
	cfg.Follow, cfg.Journal, cfg.Positions = present(a.cfg.Follow), a.cfg.Journal, filepath.Join(a.cfg.Data, "positions.json")
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

// tlsAddresses are where TLS is spoken.
func (c *config) tlsAddresses() []string {
	if c.TLS.Cert != "" && !c.set("listen.tls") {
		return []string{tlsPort}
	}
	return present(c.Listen.TLS)
}

// receive is what the receiver can take anew while it runs.
func (c *config) receive() (ingest.Settings, error) {
	set := ingest.Settings{Location: c.location, Here: time.Local, Allow: c.allow, Rate: ingest.Rate(c.Rate), Routers: map[netip.Addr]ingest.Router{}}
	for _, r := range c.Routers {
		known := ingest.Router{Name: r.Name, Rate: ingest.Rate(r.Rate)}
		if r.Timezone != "" {
			known.Location, _ = zone(r.Timezone) // checked by complete
		}
		known.Dialect, _ = dialect(r.Dialect)
		set.Routers[r.Address.Unmap()] = known
	}
	if len(c.tlsAddresses()) > 0 || c.TLS.files().Given() { // half of it would let in who does not belong
		var err error
		if set.Secure, err = c.TLS.files().Load(); err != nil {
			return set, usagef("%w; see --tls-cert, --tls-key and --tls-client-ca, or tls in the config", err)
		}
	}
	return set, nil
}

func open(cfg ingest.Config, to ingest.Appender) (*ingest.Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, usageError{err}
	}
	srv, err := ingest.New(cfg, to)
	if err != nil {
		return nil, err
	}
	return srv, srv.Listen()
}

// deaf says that cfg names nothing to receive from.
func deaf(cfg ingest.Config) bool {
	return len(cfg.UDP)+len(cfg.TCP)+len(cfg.TLS)+len(cfg.Unixgram)+len(cfg.UnixStream)+len(cfg.Follow) == 0 &&
		cfg.Journal == "" && cfg.Kmsg == "" && cfg.Stdin == nil
}

// present leaves out empty words: they turn a listener off.
func present(words []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(s string) bool { return strings.TrimSpace(s) == "" })
}
