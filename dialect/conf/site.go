package conf

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// ReadSite reads the properties of a Hadoop configuration file (hive-site.xml).
func ReadSite(r io.Reader) (map[string]string, error) {
	var site struct {
		Properties []struct {
			Name  string `xml:"name"`
			Value string `xml:"value"`
		} `xml:"property"`
	}
	if err := xml.NewDecoder(r).Decode(&site); err != nil {
		return nil, fmt.Errorf("reading configuration XML: %w", err)
	}
	out := make(map[string]string, len(site.Properties))
	for _, p := range site.Properties {
		out[strings.TrimSpace(p.Name)] = strings.TrimSpace(p.Value)
	}
	return out, nil
}
