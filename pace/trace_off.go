//go:build !pacetrace

package pace

func trace(*Controller, Sample, int) {}
