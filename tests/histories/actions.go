package main

import "slices"

// claim frees a slot for a client by expiring the holds on it that have ended.
//
// It returns the client's own hold on the slot, or -1; `isTaken` tells whether a booking other than
// `moved`, or another client's hold, overlaps the slot.
func (c *calendars) claim(
	before *state, slot slot, client int32, moved int32, now int64,
) (after *state, own int32, isTaken bool) {
	after, own = before, -1
	start, _, stop := c.cells(slot)
	for _, number := range before.occupants(c.experts.of(slot.expert), start, stop) {
		other := before.bookings[number]
		switch {
		case number == moved:
		case other.hasEnded(now):
			after = after.without(number)
		case other.status == held && other.client == client:
			own = number
		default:
			return before, -1, true
		}
	}
	return after, own, false
}

// reserve holds a slot, or books some: all of them or none.
func (c *calendars) reserve(before *state, input *request, output *outcome, now int64) []result {
	key := c.keys.of(input.once())
	if input.key != "" && before.made[key] != nil {
		return []result{{state: before, bookings: before.made[key], isReplay: true}}
	}
	client := c.clients.of(input.client)
	after := before
	var made []int32
	for index, slot := range input.slots {
		expert := c.experts.of(slot.expert)
		claimed, own, isTaken := c.claim(after, slot, client, -1, now)
		if isTaken {
			return refused(before, taken)
		}
		after = claimed
		start, end, stop := c.cells(slot)
		reserved := booking{client: client, expert: expert, start: start, end: end, stop: stop}
		number := own
		if input.action == "hold" {
			after = c.withoutHolds(after, client, expert)
			reserved.status = held
			reserved.earliest, reserved.latest = input.ends(output)
			number = -1
		} else if c.rulesOf(expert).confirms {
			reserved.status = confirmed
		} else {
			reserved.status = pending
		}
		if number < 0 {
			number = c.numberOf(input, output, index)
			if after.bookings[number].status != absent {
				// An id can be used only once.
				return nil
			}
		}
		after = after.with(number, reserved)
		made = append(made, number)
	}
	if input.key != "" {
		after = after.withMade(key, made)
	}
	return []result{{state: after, bookings: made}}
}

// ends returns the earliest and the latest end of a hold.
func (r *request) ends(output *outcome) (earliest, latest int64) {
	if len(output.bookings) == 1 && output.bookings[0].Ends != 0 {
		return output.bookings[0].Ends, output.bookings[0].Ends
	}
	if r.holds == 0 {
		return never, never
	}
	if !output.isKnown {
		return r.call + r.holds, never
	}
	return r.call + r.holds - clockError, output.returned + r.holds + clockError
}

// numberOf returns the number of the booking that a request makes for a slot.
func (c *calendars) numberOf(input *request, output *outcome, index int) int32 {
	if index < len(output.bookings) {
		return c.bookings.of(output.bookings[index].Id)
	}
	return c.bookings.of(input.made(index))
}

// withoutHolds cancels the holds of a client with an expert, since only one is allowed.
func (c *calendars) withoutHolds(before *state, client, expert int32) *state {
	after := before
	for number, other := range before.bookings {
		if other.status == held && other.client == client && other.expert == expert {
			after = after.without(int32(number))
		}
	}
	return after
}

// move frees the old cells of a booking and takes the new ones at once. A client's move needs a new
// confirmation if the expert confirms by hand.
func (c *calendars) move(before *state, input *request, now int64) []result {
	number, slot := c.bookings.of(input.booking), input.slots[0]
	moved := before.bookings[number]
	if moved.status != pending && moved.status != confirmed {
		return refused(before, notAllowed)
	}
	start, end, stop := c.cells(slot)
	if moved.start == start && moved.end == end {
		return []result{{state: before, bookings: []int32{number}, isUnchanged: true}}
	}
	after, own, isTaken := c.claim(before, slot, moved.client, number, now)
	if isTaken {
		return refused(before, taken)
	}
	if own >= 0 {
		after = after.without(own)
	}
	moved.start, moved.end, moved.stop = start, end, stop
	if c.clients.of(input.client) == moved.client && !c.rulesOf(moved.expert).confirms {
		moved.status = pending
	}
	return []result{{state: after.with(number, moved), bookings: []int32{number}}}
}

// cancel ends a booking or hold. A hold that has ended may or may not have expired yet.
func (c *calendars) cancel(before *state, input *request, now int64) []result {
	number := c.bookings.of(input.booking)
	found := before.bookings[number]
	if !found.status.isActive() {
		return refused(before, notAllowed)
	}
	after := before.without(number)
	results := []result{{state: after, bookings: []int32{number}}}
	if found.hasEnded(now) {
		results = append(results, result{state: after, refusal: notAllowed})
	}
	return results
}

func (c *calendars) confirm(before *state, input *request) []result {
	number := c.bookings.of(input.booking)
	found := before.bookings[number]
	if found.status != pending {
		return refused(before, notAllowed)
	}
	found.status = confirmed
	return []result{{state: before.with(number, found), bookings: []int32{number}}}
}

// look reads a booking. A hold that has ended may or may not have expired yet.
func (c *calendars) look(before *state, input *request, output *outcome, now int64) []*state {
	number := c.bookings.of(input.booking)
	possible := []*state{before}
	if before.bookings[number].hasEnded(now) {
		possible = append(possible, before.without(number))
	}
	return slices.DeleteFunc(possible, func(after *state) bool {
		found := after.bookings[number]
		if len(output.bookings) == 0 {
			return found.status != absent
		}
		shown := output.bookings[0]
		return !slices.Contains(shownAs[found.status], shown.Status) ||
			(shown.Cell != nil && *shown.Cell != found.start)
	})
}

// matchesRead returns whether all slots have the shown states at once.
func (c *calendars) matchesRead(before *state, input *request, output *outcome, now int64) bool {
	client := c.clients.of(input.client)
	for _, shown := range output.slots {
		start, end, stop := c.cells(shown.Slot)
		isTaken, isBooked, isSession, isMine := false, false, false, true
		for _, number := range before.occupants(c.experts.of(shown.Slot.expert), start, stop) {
			other := before.bookings[number]
			if other.hasEnded(now) {
				continue
			}
			isTaken = true
			isBooked = isBooked || other.status != held
			// The break after a session does not show whose session it is.
			isSession = isSession || (other.start < end && start < other.end)
			isMine = isMine && other.client == client
		}
		expected := "OPEN"
		if isBooked {
			expected = "BOOKED"
		} else if isTaken {
			expected = "HELD"
		}
		if shown.Status != expected || (shown.Mine != nil && *shown.Mine != (isSession && isMine)) {
			return false
		}
	}
	return true
}
