import Foundation
import Synchronization
import Testing

@testable import BraidTensor

/// How many threads OpenBLAS uses.
@_silgen_name("openblas_get_num_threads")
private func threadsOfLibrary() -> Int32
@_silgen_name("openblas_set_num_threads")
private func setThreadsOfLibrary(_ count: Int32)

/// The helping threads are shared by the whole process; how many are used is each thread's own affair here, so that no
/// other suite is touched. One test at a time, since they would take the helpers from each other.
@Suite(.serialized) struct ParallelTests {
  func with<Result>(threads: Int, sharing least: Int? = nil, _ body: () throws -> Result) rethrows -> Result {
    try Threads.with(threads, sharing: least ?? Parallel.worthwhile, body)
  }

  @Test(arguments: [1, 2, 3, 7]) func `ranges cover everything once, in whole units`(_ threads: Int) {
    with(threads: threads) {
      for count in [1, 5, 12, 13, 100, 1001] {
        // the part that holds an element writes where its range begins and ends: no part writes to another's elements
        let begins = Tensor.zeros(Shape(count)), ends = Tensor.zeros(Shape(count)), calls = Atomic<Int>(0)
        Parallel.split(count, unit: 12, work: 1 << 30) { range in
          calls.add(1, ordering: .relaxed)
          begins.pointer[range.lowerBound] += 1
          ends.pointer[range.upperBound - 1] += 1
        }
        let first = (0..<count).filter { begins.elements[$0] == 1 },
          last = (0..<count).filter { ends.elements[$0] == 1 }
        let found = zip(first, last).map { $0..<max($0, $1 + 1) }  // a wrong one is reported, not a trap
        #expect(found.count == calls.load(ordering: .relaxed))
        #expect(found.flatMap { Array($0) } == Array(0..<count))
        #expect(found.count == min(threads, (count + 11) / 12))
        #expect(found.allSatisfy { $0.lowerBound % 12 == 0 })
      }
    }
  }

  @Test func `little work stays in the calling thread`() {
    with(threads: 4) {
      let ranges = Atomic<Int>(0)
      Parallel.split(1000, work: 1000) { _ in ranges.add(1, ordering: .relaxed) }
      #expect(ranges.load(ordering: .relaxed) == 1)
    }
  }

  /// Thousands of hand-overs, some after the helpers have gone to sleep, and from several tasks at once.
  @Test func `nothing is lost or done twice`() async {
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<3 {
        group.addTask {
          for round in 0..<2000 {
            let sum = Atomic<Int>(0)
            Threads.with(3) {
              Parallel.split(30, work: 1 << 30) { range in
                for number in range { sum.add(number, ordering: .relaxed) }
              }
            }
            if sum.load(ordering: .relaxed) != 435 { return false }
            if round % 500 == task { try? await Task.sleep(for: .milliseconds(5)) }
          }
          return true
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  @Test func `where the system keeps no further values a thread, that is said`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var key = pthread_key_t()
      while pthread_key_create(&key, nil) == 0 {}
      _ = Threads.count
    }
    #expect(result.message.contains("threads: the system has no room for another value a thread"))
  }

  @Test func `a thread's own number holds for it alone, and until its work is over`() {
    struct Failure: Error {}
    let before = Threads.count
    Threads.with(3) {
      #expect(Threads.count == 3)
      let elsewhere = Mutex(0), ended = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        elsewhere.withLock { $0 = Threads.count }
        ended.signal()
      }
      ended.wait()
      #expect(elsewhere.withLock { $0 } == before)
      #expect(throws: Failure.self) {
        try Threads.with(0) {
          #expect(Threads.count == 1)
          throw Failure()
        }
      }
      #expect(Threads.count == 3)
    }
    #expect(Threads.count == before)
  }

  @Test func `threads that help treat denormal numbers as the caller does`() {
    with(threads: 3, sharing: 1 << 10) {
      let tiny = Tensor(repeating: 1e-30, [30000])
      for _ in 0..<3 {
        #expect((tiny * 1e-10).elements.allSatisfy { $0 == 1e-40 })
        Denormals.flushed { #expect((tiny * 1e-10).elements.allSatisfy { $0 == 0 }) }
      }
    }
  }

  @Test(arguments: [3, 5]) func `convolutions have the same bits at any number of threads`(_ window: Int) {
    func results(_ threads: Int) -> [[Float]] {
      with(threads: threads) {
        var stream = RandomStream(seed: 6, .sampling)
        let tape = Tape()
        let x = tape.watch(stream.normal([5, 18, 21, 19]))
        let weight = tape.watch(stream.normal(Shape(33, 18, window, window)))
        let y = conv2d(x, weight, nil, padding: (1, 2))
        let gradients = y.gradients(upstream: y.detached)
        return [y, gradients[x]!, gradients[weight]!].map(\.elements)
      }
    }
    let one = results(1)
    for threads in [2, 3, 5] { #expect(results(threads) == one) }
  }

  @Test func `operations have the same bits at any number of threads`() {
    func results(_ threads: Int) -> [[Float]] {
      with(threads: threads, sharing: 1 << 10) {
        var stream = RandomStream(seed: 3, .sampling)
        let tape = Tape()
        let x = tape.watch(stream.normal([700, 130])), weight = tape.watch(stream.normal([130, 200]))
        let bias = tape.watch(stream.normal([200])), second = tape.watch(stream.normal([200, 130]))
        var y = linear(x, weight, bias, activation: .relu)
        for activation in Activation.allCases { y = linear(linear(y, second, activation: activation), weight, bias) }
        let gradients = y.gradients(upstream: stream.normal(y.shape))
        return [y, gradients[x]!, gradients[weight]!, gradients[bias]!, gradients[second]!].map(\.elements)
      }
    }
    let one = results(1)
    for threads in [2, 3] { #expect(results(threads) == one) }
  }

  @Test func `the numeric library works in the calling thread, whatever comes first`() async {
    await #expect(processExitsWith: .success) {
      setThreadsOfLibrary(2)  // what it begins with on two cores
      _ = try cholesky(Tensor([2, 1, 1, 2], [2, 2]))
      exit(threadsOfLibrary() == 1 ? 0 : 1)
    }
  }

  @Test func `sequences, pictures and products of modalities too`() {
    func results(_ threads: Int) -> [[Float]] {
      with(threads: threads, sharing: 1 << 10) {
        var stream = RandomStream(seed: 4, .sampling)
        let tape = Tape()
        func leaf(_ shape: Shape) -> Tensor { tape.watch(stream.normal(shape)) }
        var (leaves, outputs): ([Tensor], [Tensor]) = ([], [])
        let x = leaf([60, 20, 64]), mask = Tensor((0..<1200).map { $0 % 7 == 3 ? 0 : 1 }, [60, 20])
        let (input, recurrent, bias) = (leaf([64, 256]), leaf([64, 256]), leaf([256]))
        let initial = (h: leaf([60, 64]), c: leaf([60, 64]))
        let (states, last, cell) = lstm(x, steps: mask, initial: initial, input, recurrent, bias)
        let (gated, plain) = ((leaf([64, 192]), leaf([64, 192])), (leaf([64, 64]), leaf([64, 64])))
        let (first, second) = (leaf([192]), leaf([192]))
        outputs += [gru(x, steps: mask, gated.0, gated.1, first, second).states]
        outputs += [rnn(x, steps: mask, plain.0, plain.1, leaf([64])).states]
        leaves += [gated.0, gated.1, first, second, plain.0, plain.1]
        let attended = attention(states, x, x, heads: 2, keyMask: mask).output
        let (gain, offset) = (leaf([64]), leaf([64]))
        let normed = layerNorm(attended, gain, offset, adding: x)
        leaves += [x, initial.h, initial.c, input, recurrent, bias, gain, offset]
        outputs += [last.tanh(), cell, normed.sigmoid() * attended + states]
        let picture = leaf([20, 3, 18, 18]), kernels = leaf([20, 3, 3, 3]), offsets = leaf([20])
        let narrow = leaf([2, 20, 3, 3])
        let maps = conv2d(picture, kernels, offsets, padding: (1, 1), activation: .relu)
        leaves += [picture, kernels, offsets, narrow]
        outputs += [conv2d(maps, narrow, nil, stride: (2, 2))]
        let vectors = [leaf([70, 40]), leaf([70, 30])], weight = leaf([41 * 31, 33])
        leaves += vectors + [weight]
        outputs += [tensorProductLinear(vectors, weight, nil)]
        let total = outputs.dropFirst().reduce(outputs[0].sum()) { $0 + ($1 * stream.normal($1.shape)).sum() }
        let gradients = total.gradients()
        return (outputs + leaves.map { gradients[$0]! }).map(\.elements)
      }
    }
    let one = results(1)
    for threads in [2, 3] { #expect(results(threads) == one) }
  }
}
