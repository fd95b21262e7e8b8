package calendar

// GregorianStart is 1582-10-15 in days since 1970-01-01, before which the hybrid calendar of older Java libraries is Julian.
const GregorianStart = -141427

// JulianToProleptic gives the day that has in the proleptic Gregorian calendar the same year, month and day that day has in
// the Julian calendar.
func JulianToProleptic(day int64) int64 {
	// Days since 0000-03-01 Julian, which is two days before 0000-03-01 Gregorian.
	z := day + 719468 + 2
	cycle := FloorDiv(z, 1461)
	doe := z - cycle*1461
	yoe := min(doe/365, 3)
	y, doy := cycle*4+yoe, doe-yoe*365
	m := (5*doy + 2) / 153
	d := doy - (153*m+2)/5
	// Back with Gregorian leap years; y counts from March.
	era := FloorDiv(y, 400)
	yy := y - era*400
	return era*146097 + yy*365 + yy/4 - yy/100 + (153*m+2)/5 + d - 719468
}

// ProlepticToJulian is the inverse of JulianToProleptic.
func ProlepticToJulian(day int64) int64 {
	guess := day
	// The calendars differ by a few days, which change only at the ends of centuries.
	for range 4 {
		guess += day - JulianToProleptic(guess)
	}
	return guess
}

// AddMonthsHybrid adds months in the hybrid calendar, which Hive uses for intervals: dates before GregorianStart are taken apart
// and put together again as Julian ones. Days beyond the end of the month are cut.
func AddMonthsHybrid(days, months int64) int64 {
	if days < GregorianStart {
		days = JulianToProleptic(days)
	}
	r := AddMonths(days, months)
	if r < GregorianStart {
		return ProlepticToJulian(r)
	}
	return r
}
