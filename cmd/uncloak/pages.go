package main

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"uncloak/ingest"
	"uncloak/report/web"
)

// webConfig says who may see the pages that serve shows at the address http.
type webConfig struct {
	Cert     string   `koanf:"cert"`     // PEM file; with Key, the address speaks TLS
	Key      string   `koanf:"key"`      // PEM file
	Insecure bool     `koanf:"insecure"` // passwords may pass a network that is not encrypted
	Users    []string `koanf:"users"`    // name:hash, with a bcrypt hash
	Token    string   `koanf:"token"`    // shared secret in place of users
	Hosts    []string `koanf:"hosts"`    // further names by which browsers may ask
}

// check checks what does not depend on the machine. address is that of http.
func (c *webConfig) check(address string) (wrong settingErrors) {
	users, err := web.ParseUsers(present(c.Users))
	if err != nil {
		wrong = append(wrong, wrongf("web.users", "web.users: %w", err))
	}
	if err := web.CheckToken(c.Token); err != nil {
		wrong = append(wrong, wrongf("web.token", "web.token: %w", err))
	}
	if (c.Cert == "") != (c.Key == "") {
		wrong = append(wrong, wrongf("web.cert", "the pages need both a certificate and its key for TLS: "+
			"--http-cert and --http-key, or web.cert and web.key"))
	}
	some := len(users) > 0 || c.Token != "" || c.Cert != "" || c.Insecure
	address = strings.TrimSpace(address)
	switch {
	case len(wrong) > 0 || address == "" || isLoopback(address) || !some:
	case len(users) == 0 && c.Token == "":
		wrong = append(wrong, wrongf("web.users", "the pages at %s would be open to anybody: set web.users or "+
			"web.token, or listen on 127.0.0.1", address))
	case c.Cert == "" && !c.Insecure:
		wrong = append(wrong, wrongf("web.cert", "the password for the pages at %s would pass the network in the "+
			"clear: give --http-cert and --http-key, or --http-insecure if that is what you want", address))
	}
	return wrong
}

// shown reports whether the pages are shown at the address: on the machine itself, or to those who can say who they
// are.
func (c *webConfig) shown(address string) bool {
	return isLoopback(address) || len(present(c.Users)) > 0 || c.Token != ""
}

// isLoopback reports whether only this machine reaches a host:port.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback() || strings.EqualFold(host, "localhost")
}

// tls returns the settings of TLS; nil where no certificate is configured.
func (c *webConfig) tls() (*tls.Config, error) {
	if c.Cert == "" {
		return nil, nil
	}
	got, err := ingest.TLSFiles{Cert: c.Cert, Key: c.Key}.Load()
	if err != nil {
		return nil, usagef("%w; see --http-cert and --http-key, or web in the config", err)
	}
	return got, nil
}

// pages returns the handler of the HTTP address: shown answers /metrics and /healthz, the pages the rest. close ends
// the live pages.
func (a *app) pages(address string, h *instance, shown http.Handler) (all http.Handler, close func(), err error) {
	if !a.cfg.Web.shown(address) {
		refuse := func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, "The pages are not shown on this address, as nobody is asked for a password: set "+
				"web.users or web.token in the config.\n")
		}
		return both(http.HandlerFunc(refuse), shown), func() {}, nil
	}
	users, err := web.ParseUsers(present(a.cfg.Web.Users))
	if err != nil {
		return nil, nil, usageError{err}
	}
	p, err := web.New(web.Config{API: h.handler, Log: a.log, Access: web.Access{Users: users, Token: a.cfg.Web.Token,
		Hosts: present(a.cfg.Web.Hosts), Secure: a.cfg.Web.Cert != ""}})
	if err != nil {
		return nil, nil, err
	}
	return both(p, shown), p.Close, nil
}
