import BraidNN
import BraidTesting
import Testing

@Suite struct `Schedules` {
  @Test(arguments: [
    ("constant", Schedule()), ("constant-warm", Schedule(warmUp: 7)),
    ("step", Schedule(.step(every: 5, factor: 0.3))), ("step-warm", Schedule(.step(every: 6, factor: 0.5), warmUp: 4)),
    ("cosine", Schedule(.cosine(last: 0))), ("cosine-warm", Schedule(.cosine(last: 0.1), warmUp: 5)),
  ])
  func `give PyTorch's factor in every step`(_ name: String, _ schedule: Schedule) throws {
    let fixture = try Fixture("optimizers/schedule-\(name)")
    let factors = (0..<23).map { schedule.factor(step: $0, of: 23) }
    let closeness = try Closeness(name, factors, fixture.doubles("output"), tolerance: fixture.tolerance)
    #expect(closeness.isWithin, "\(closeness)")
    // moved by one step they are not close any more
    let moved = (0..<23).map { schedule.factor(step: $0 + 1, of: 23) }
    if name != "constant" { #expect(try !Closeness(name, moved, fixture.doubles("output"), tolerance: 1e-6).isWithin) }
  }

  @Test func `warm up from the first part, never from nothing, to the whole rate`() {
    let schedule = Schedule(warmUp: 4)
    #expect((0..<6).map { schedule.factor(step: $0, of: 100) } == [0.25, 0.5, 0.75, 1, 1, 1])
  }

  @Test func `keep the last factor after the end`() {
    #expect(Schedule(.cosine(last: 0.25)).factor(step: 900, of: 10) == 0.25)
    // a warm-up as long as the run leaves nothing to fall
    #expect(Schedule(.cosine(last: 0), warmUp: 10).factor(step: 9, of: 10) == 1)
  }
}
