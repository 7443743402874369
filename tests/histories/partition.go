package main

import (
	"slices"

	"github.com/anishathalye/porcupine"
)

// partition holds the operations on one expert, or on several experts that operations connect. No
// operation of another partition affects them.
type partition struct {
	experts    []string
	rules      map[string]rules
	operations []porcupine.Operation
}

func (p *partition) unknown() int {
	count := 0
	for _, operation := range p.operations {
		if !operation.Output.(*outcome).isKnown {
			count++
		}
	}
	return count
}

// partitions splits a history by expert. A booking belongs to the expert of the slots in the
// operation that made it; an unknown booking has a partition of its own.
func (h *history) partitions() []*partition {
	parents := map[string]string{}
	var find func(name string) string
	find = func(name string) string {
		parent, found := parents[name]
		if !found || parent == name {
			parents[name] = name
			return name
		}
		parents[name] = find(parent)
		return parents[name]
	}
	for _, operation := range h.operations {
		names := namesOf(operation)
		for _, name := range names[1:] {
			parents[find(name)] = find(names[0])
		}
	}
	var found []*partition
	byRoot := map[string]*partition{}
	for _, operation := range h.operations {
		input := operation.Input.(*request)
		root := find(namesOf(operation)[0])
		if byRoot[root] == nil {
			byRoot[root] = &partition{rules: h.rules}
			found = append(found, byRoot[root])
		}
		part := byRoot[root]
		part.operations = append(part.operations, operation)
		for _, slot := range input.slots {
			if !slices.Contains(part.experts, slot.expert) {
				part.experts = append(part.experts, slot.expert)
			}
		}
	}
	return found
}

// namesOf returns the names that an operation connects: experts, and bookings by their ids.
func namesOf(operation porcupine.Operation) []string {
	input, output := operation.Input.(*request), operation.Output.(*outcome)
	names := []string{}
	for _, slot := range input.slots {
		names = append(names, "expert "+slot.expert)
	}
	for _, state := range output.slots {
		names = append(names, "expert "+state.Slot.expert)
	}
	if input.booking != "" {
		names = append(names, "booking "+input.booking)
	}
	for _, booking := range output.bookings {
		if booking.Id != "" {
			names = append(names, "booking "+booking.Id)
		}
	}
	if len(names) == 0 {
		names = append(names, "nothing")
	}
	return names
}
