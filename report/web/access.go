package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/time/rate"
)

// Bounds of what is kept about those who ask to be let in.
const (
	maxCost     = 14   // of a bcrypt hash; each step doubles the time that a login takes, 14 is about a second
	minToken    = 16   // characters
	maxLogins   = 64   // credentials that were right and are remembered, so that bcrypt runs once, not for each request
	maxFailing  = 1024 // addresses whose failures are counted apart; further ones share one count
	failBurst   = 5    // wrong passwords at once
	failPerMin  = 6.0  // wrong passwords a minute after that
	atOnce      = 2    // passwords that are checked at the same time
	formCookie  = "uncloak-form"
	maxUserName = 64
)

// Access says who may see the pages, and under which names. The zero value lets in whoever reaches the address.
type Access struct {
	Users  map[string]string // name → bcrypt hash of the password
	Token  string            // shared secret: as bearer token, or as password of any user; "" = none
	Hosts  []string          // names and addresses by which a browser may ask, beside localhost and the address itself
	Secure bool              // the pages are served over TLS
}

// ParseUsers reads lines as htpasswd -nB writes them, NAME:HASH with a bcrypt hash. Errors name the entry, and never
// show a hash.
func ParseUsers(lines []string) (map[string]string, error) {
	users := map[string]string{}
	for i, l := range lines {
		name, hash, ok := strings.Cut(strings.TrimSpace(l), ":")
		if !ok || name == "" || len(name) > maxUserName {
			return nil, fmt.Errorf("user number %d is not written as name:hash: htpasswd -nB NAME makes such a line",
				i+1)
		}
		cost, err := bcrypt.Cost([]byte(hash))
		switch {
		case err != nil:
			return nil, fmt.Errorf("user %q has no bcrypt hash of a password: htpasswd -nB NAME makes one", name)
		case cost > maxCost:
			return nil, fmt.Errorf("the hash of user %q has cost %d: a login would take too long, %d is the most", name,
				cost, maxCost)
		case users[name] != "":
			return nil, fmt.Errorf("user %q is there twice", name)
		}
		users[name] = hash
	}
	return users, nil
}

// CheckToken reports whether a token is long enough; "" is none.
func CheckToken(token string) error {
	if token != "" && len(token) < minToken {
		return fmt.Errorf("the token has %d characters: at least %d are needed (openssl rand -hex 16 makes one)",
			len(token), minToken)
	}
	return nil
}

// Asks reports whether somebody has to say who they are.
func (a *Access) Asks() bool { return len(a.Users) > 0 || a.Token != "" }

// guard lets requests in by Access. It is safe for concurrent use.
type guard struct {
	Access
	key    []byte // of this process: what it signs is void after a restart
	dummy  []byte // hash that the password of an unknown user is compared with, so that both take as long
	checks chan struct{}

	mu      sync.Mutex
	known   map[[sha256.Size]byte]string // user, by what was sent
	failing map[netip.Addr]*rate.Limiter
	others  *rate.Limiter
}

func newGuard(a Access) *guard {
	g := &guard{Access: a, key: make([]byte, 32), checks: make(chan struct{}, atOnce),
		known: map[[sha256.Size]byte]string{}, failing: map[netip.Addr]*rate.Limiter{}, others: newLimiter()}
	rand.Read(g.key) // never fails: crypto/rand
	for _, hash := range a.Users {
		g.dummy = []byte(hash)
	}
	return g
}

func newLimiter() *rate.Limiter { return rate.NewLimiter(rate.Limit(failPerMin/60), failBurst) }

// errStrange is the answer to a name that leads here by accident or by DNS rebinding.
var errStrange = errors.New("these pages are not shown under this name: ask for them by the address at which serve " +
	"listens or as localhost, or put the name under web: hosts in the config")

// named checks the name that the browser asked for. A page of another site can make its own name lead to this address
// (DNS rebinding), and would then read along: it cannot ask by an address.
func (g *guard) named(r *http.Request) error {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if host == "localhost" || slices.ContainsFunc(g.Hosts, func(s string) bool { return strings.EqualFold(s, host) }) {
		return nil
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return errStrange
	}
	if a.IsLoopback() {
		return nil
	}
	if l, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		if p, err := netip.ParseAddrPort(l.String()); err == nil && p.Addr().Unmap() == a.Unmap() {
			return nil
		}
	}
	return errStrange
}

// login returns who asks; status is 401 for nobody who is known and 429 after too many wrong passwords.
func (g *guard) login(r *http.Request) (user string, status int) {
	if !g.Asks() {
		return "", http.StatusOK
	}
	sent := r.Header.Get("Authorization")
	if sent == "" {
		return "", http.StatusUnauthorized
	}
	mac := hmac.New(sha256.New, g.key)
	mac.Write([]byte(sent))
	sum := [sha256.Size]byte(mac.Sum(nil))
	limit := g.limiter(r)
	g.mu.Lock()
	user, ok := g.known[sum]
	g.mu.Unlock()
	switch {
	case ok:
		return user, http.StatusOK
	case limit.Tokens() < 1:
		return "", http.StatusTooManyRequests
	}
	select { // bcrypt takes a tenth of a second of a processor
	case g.checks <- struct{}{}:
	case <-r.Context().Done():
		return "", http.StatusTooManyRequests
	}
	defer func() { <-g.checks }()
	if limit.Tokens() < 1 { // those before it in the queue were wrong
		return "", http.StatusTooManyRequests
	}
	if user, ok = g.right(r, sent); !ok {
		limit.Allow()
		return "", http.StatusUnauthorized
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.known) >= maxLogins {
		clear(g.known)
	}
	g.known[sum] = user
	return user, http.StatusOK
}

// right compares what was sent with the token and the users.
func (g *guard) right(r *http.Request, sent string) (user string, ok bool) {
	if bearer, ok := strings.CutPrefix(sent, "Bearer "); ok {
		return "token", g.isToken(strings.TrimSpace(bearer))
	}
	user, password, ok := r.BasicAuth()
	if !ok {
		return "", false
	}
	if g.isToken(password) {
		return "token", true
	}
	hash, known := []byte(g.Users[user]), g.Users[user] != ""
	if !known {
		hash = g.dummy
	}
	return user, bcrypt.CompareHashAndPassword(hash, []byte(password)) == nil && known
}

func (g *guard) isToken(s string) bool {
	a, b := sha256.Sum256([]byte(s)), sha256.Sum256([]byte(g.Token))
	return g.Token != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// limiter returns the count of wrong passwords of the address that asks; of IPv6 that of its /64.
func (g *guard) limiter(r *http.Request) *rate.Limiter {
	from := netip.Addr{}
	if p, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		if from = p.Addr().Unmap().WithZone(""); from.Is6() {
			net, _ := from.Prefix(64) // 64 fits
			from = net.Addr()
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if l := g.failing[from]; l != nil {
		return l
	}
	if len(g.failing) >= maxFailing {
		for a, l := range g.failing {
			if l.Tokens() >= failBurst {
				delete(g.failing, a)
			}
		}
	}
	if len(g.failing) >= maxFailing {
		return g.others
	}
	l := newLimiter()
	g.failing[from] = l
	return l
}

// formToken returns what a form must send back, and sets the cookie that it belongs to. A page of another site can make
// a browser send a form, but does not know the token.
func (g *guard) formToken(w http.ResponseWriter, r *http.Request) string {
	id := ""
	if c, err := r.Cookie(formCookie); err == nil && len(c.Value) == 22 {
		id = c.Value
	} else {
		var b [16]byte
		rand.Read(b[:])
		id = base64.RawURLEncoding.EncodeToString(b[:])
		http.SetCookie(w, &http.Cookie{Name: formCookie, Value: id, Path: "/", HttpOnly: true, Secure: g.Secure,
			SameSite: http.SameSiteStrictMode})
	}
	return g.sign(id)
}

func (g *guard) sign(id string) string {
	mac := hmac.New(sha256.New, g.key)
	mac.Write([]byte("form " + id))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// errForged is the answer to a form that no page of this process made.
var errForged = errors.New("this form was not sent from a page of uncloak, or serve has been restarted since: load " +
	"the page again, and send it once more")

// own checks that a form comes from a page of this process.
func (g *guard) own(r *http.Request) error {
	c, err := r.Cookie(formCookie)
	if err != nil || http.NewCrossOriginProtection().Check(r) != nil ||
		!hmac.Equal([]byte(g.sign(c.Value)), []byte(r.PostFormValue("form"))) {
		return errForged
	}
	return nil
}
