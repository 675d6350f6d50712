package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/user"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"uncloak/report"
	"uncloak/report/api"
)

// inForce returns the settings by which findings are judged, by key, as texts that are equal if the settings are.
func (c *config) inForce() map[string]string {
	out := map[string]string{}
	for _, key := range configKeys(reflect.TypeOf(*c), "") {
		head, _, _ := strings.Cut(key, ".")
		if !slices.Contains([]string{"lan", "table", "link", "timeouts", "routers", "known", "names"}, head) {
			continue
		}
		v := valueOf(reflect.ValueOf(*c), key)
		switch v.Interface().(type) {
		case []router, []known:
			out[key] = ""
			if v.Len() > 0 {
				out[key] = fmt.Sprintf("%+v", v.Interface())
			}
		default:
			out[key] = settingText(v)
		}
	}
	return out
}

// tellOverridden warns of settings that this command was given, in whatever way, and that the process which answers has
// otherwise: its own hold.
func (a *app) tellOverridden(ctx context.Context, s *session) {
	if s.pid == 0 {
		return
	}
	body, err := api.Get(ctx, s.Client, "/v1/settings", nil)
	if err != nil {
		a.log.Debug("the settings of the running process are not known", "error", err) // it is older than this one
		return
	}
	defer body.Close()
	var there map[string]string
	if err := json.NewDecoder(body).Decode(&there); err != nil {
		a.log.Debug("the settings of the running process are not known", "error", err)
		return
	}
	here := a.cfg.inForce()
	for _, key := range slices.Sorted(maps.Keys(here)) {
		was, known := there[key]
		from := a.cfg.from[key]
		if from == "" || !known || was == here[key] {
			continue
		}
		short := func(s string) string {
			if s == "" {
				return "not set"
			}
			return report.Clean(clip(s))
		}
		a.log.Warn("the running process has its own setting, and that holds", "key", key, "from", from,
			"here", short(here[key]), "there", short(was), "pid", s.pid)
	}
}

// otherData names the directory in which serve keeps its data as a service.
const otherData = "/var/lib/uncloak"

// noData returns the error of a data directory that is not there, with another place where data may be.
func (a *app) noData() error {
	hint := ""
	if !a.cfg.set("data") && a.cfg.Data != otherData {
		if _, err := os.Lstat(otherData); err == nil {
			hint = fmt.Sprintf("; there is data in %s: %s", otherData, a.asOwner(otherData))
		}
	}
	return fmt.Errorf("no data in %s: import a log or start serve first, or say where the data is with --data%s",
		a.cfg.Data, hint)
}

// denied adds to an error about missing rights whose the data directory is, and what to type.
func (a *app) denied(err error) error {
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return fmt.Errorf("%w: the data in %s is not for this user; type: %s, or name another directory with --data", err,
		a.cfg.Data, a.asOwner(a.cfg.Data))
}

// asOwner returns the command line of this run as the owner of dir would type it.
func (a *app) asOwner(dir string) string {
	as := "sudo"
	if fi, err := os.Stat(dir); err == nil {
		if owner, ok := ownerOf(fi); ok && owner != 0 {
			as = "sudo -u '#" + strconv.FormatUint(uint64(owner), 10) + "'"
			if u, err := user.LookupId(strconv.FormatUint(uint64(owner), 10)); err == nil {
				as = "sudo -u " + quote(u.Username)
			}
		}
	}
	words := []string{as, "uncloak"}
	for _, w := range a.args {
		words = append(words, quote(w))
	}
	if !a.cfg.set("data") {
		words = append(words, "--data", quote(dir))
	}
	return report.Clean(strings.Join(words, " "))
}
