// SPDX-License-Identifier: Apache-2.0
import DiceTestSupport
import Testing

@testable import CallNotification

/// Random lives of a notification. A failure names the seed of its life; `seeds(only:)` repeats it.
struct NotificationLifeRandomTests {
  static let lives = 30_000

  static func seeds(only seed: UInt64? = nil) -> [UInt64] {
    if let seed { return [seed] }
    let first = UInt64.random(in: 0...UInt64.max)
    return (0..<UInt64(lives)).map { first &+ $0 }
  }

  @Test func everyInvariantHoldsInEveryLife() async {
    var violations: [NotificationInvariant: UInt64] = [:]
    var atQuiet: Set<Int> = []
    for (count, seed) in Self.seeds().enumerated() {
      var generator = Dice(seed)
      var world = NotificationWorld()
      for _ in 0..<Int.random(in: 1...40, using: &generator) { Self.step(&world, &generator) }
      world.comeToQuiet()
      for invariant in world.violated { violations[invariant] = seed }
      atQuiet.insert(world.server?.shown.count ?? -1)
      if count.isMultiple(of: 500) { await Task.yield() }
    }
    for (invariant, seed) in violations { Issue.record("\(invariant.rawValue): \(Self.story(seed))") }
    // The lives end in every way: without a server, without a notification, with one.
    #expect(violations.isEmpty == (atQuiet == [-1, 0, 1]))
  }

  @Test(
    arguments: [
      ([post(nothing, 0), post(nothing, 0)], .atMostOneNotifyUnderWay),
      ([post("x", 0)], .onlyWhatIsWantedIsPosted),
      ([.arm(.dismissal), post(nothing, 0)], .nothingIsPostedDuringThePauseAfterADismissal),
      ([post(nothing, 9)], .onlyIDsOfTheServerThatIsThere), ([.close(9)], .onlyIDsOfTheServerThatIsThere),
      ([post(nothing, 0)], .rememberedBeforeItIsPosted), ([.remember, .close(9)], .closedBeforeItIsForgotten),
      ([.post(.sample(nothing), replacing: 0)], .whatReplacesNothingKnownIsProvisional),
    ] as [([NotificationLife.Effect], NotificationInvariant)])
  func theWorldFindsWhatIsWrong(in effects: [NotificationLife.Effect], _ invariant: NotificationInvariant) {
    var world = NotificationWorld()
    for effect in effects { world.carryOut(effect) }
    #expect(world.violated.contains(invariant))
  }

  private static let nothing = "a"

  private static func post(_ summary: String, _ id: UInt32) -> NotificationLife.Effect {
    .post(.sample(summary), replacing: id, isProvisional: true)
  }

  private static func step(_ world: inout NotificationWorld, _ generator: inout Dice) {
    switch Int.random(in: 0..<40, using: &generator) {
    case 0..<5: world.want(content(&generator))
    case 5: world.want(nil)
    case 6..<16: world.serve(refusing: Int.random(in: 0..<8, using: &generator) == 0)
    case 16..<26: world.deliver()
    case 26..<28: world.dismiss()
    case 28..<30: world.act(closing: Bool.random(using: &generator))
    case 30: world.expire()
    case 31: world.killServer()
    case 32..<35:
      let kind = ["gnome-shell", "Xfce Notify Daemon", "mako", "s"].randomElement(using: &generator) ?? "s"
      let dropsWithSender = kind == "gnome-shell" || (kind == "s" && Bool.random(using: &generator))
      world.startServer(kind, dropsWithSender: dropsWithSender, takesAnyID: Bool.random(using: &generator))
    case 35: world.restartDaemon()
    case 36: world.effectsToLive = Int.random(in: 0...3, using: &generator)
    default:
      if let deadline = NotificationLife.Deadline.allCases.randomElement(using: &generator) { world.pass(deadline) }
    }
  }

  private static func content(_ generator: inout Dice) -> NotificationContent {
    var content = NotificationContent.sample(["a", "b", "c"].randomElement(using: &generator) ?? "a")
    content.isOngoing = Int.random(in: 0..<4, using: &generator) > 0
    content.urgency = Int.random(in: 0..<4, using: &generator) == 0 ? 2 : 1
    return content
  }

  /// The seed, and what was violated in its life.
  private static func story(_ seed: UInt64) -> String {
    var generator = Dice(seed)
    var world = NotificationWorld()
    for _ in 0..<Int.random(in: 1...40, using: &generator) { step(&world, &generator) }
    world.comeToQuiet()
    return "seed \(seed): \(world.story.prefix(120).joined(separator: " "))"
  }
}
