package client

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// defaultPort is HiveServer2's binary port.
const defaultPort = "10000"

// ParseURL reads a JDBC URL of the form jdbc:hive2://host:port/database;session=vars?hive=conf#hive=vars, of which the parts
// that concern a binary connection are used: auth, user and password of the session variables, all of the others. The "jdbc:"
// prefix, the scheme and the port may be left out.
func ParseURL(text string) (Options, error) {
	o := Options{HiveConf: map[string]string{}, HiveVars: map[string]string{}, User: "anonymous", Password: "anonymous"}
	rest := strings.TrimPrefix(text, "jdbc:")
	rest = strings.TrimPrefix(rest, "hive2://")
	if strings.Contains(rest, "://") {
		return o, fmt.Errorf("URL %q: only jdbc:hive2:// is known", text)
	}
	rest, vars, _ := strings.Cut(rest, "#")
	rest, conf, _ := strings.Cut(rest, "?")
	rest, session, _ := strings.Cut(rest, ";")
	address, database, _ := strings.Cut(rest, "/")
	o.Database = database
	if strings.Contains(address, ",") {
		return o, fmt.Errorf("URL %q: service discovery is not supported here; name one host", text)
	}
	if address == "" {
		address = "localhost"
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(strings.Trim(address, "[]"), defaultPort)
	}
	o.Address = address
	for list, into := range map[string]map[string]string{conf: o.HiveConf, vars: o.HiveVars} {
		if err := pairs(list, func(k, v string) error { into[k] = v; return nil }); err != nil {
			return o, fmt.Errorf("URL %q: %w", text, err)
		}
	}
	err := pairs(session, func(k, v string) error {
		switch strings.ToLower(k) {
		case "auth":
			o.NoSASL = strings.EqualFold(v, "noSasl")
		case "user":
			o.User = v
		case "password":
			o.Password = v
		case "transportmode":
			if !strings.EqualFold(v, "binary") {
				return fmt.Errorf("transport mode %q is not supported", v)
			}
		case "ssl", "principal":
			return fmt.Errorf("%s is not supported", k)
		}
		return nil
	})
	if err != nil {
		return o, fmt.Errorf("URL %q: %w", text, err)
	}
	return o, nil
}

// pairs calls f for each k=v of a list separated by semicolons; values may be percent-encoded.
func pairs(list string, f func(k, v string) error) error {
	for pair := range strings.SplitSeq(list, ";") {
		if pair == "" {
			continue
		}
		k, v, ok := strings.Cut(pair, "=")
		if !ok {
			return fmt.Errorf("%q is not of the form name=value", pair)
		}
		v, err := url.PathUnescape(v)
		if err != nil {
			return fmt.Errorf("%q: %w", pair, err)
		}
		if err := f(k, v); err != nil {
			return err
		}
	}
	return nil
}
