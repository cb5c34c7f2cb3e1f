package flv

// byID holds what has ids, each at its id. Those in use are few and low: there is room only up to the highest one.
type byID[T any] []*T

// get returns what has an id, nil if nothing has.
func (s byID[T]) get(id uint32) *T {
	if uint64(id) >= uint64(len(s)) {
		return nil
	}
	return s[id]
}

// put puts something at an id, whose limit the caller has checked.
func (s *byID[T]) put(id uint32, of *T) {
	if need := int(id) + 1 - len(*s); need > 0 {
		*s = append(*s, make([]*T, need)...)
	}
	(*s)[id] = of
}

// first returns what has the lowest id, nil if there is nothing.
func (s byID[T]) first() *T {
	for _, of := range s {
		if of != nil {
			return of
		}
	}
	return nil
}
