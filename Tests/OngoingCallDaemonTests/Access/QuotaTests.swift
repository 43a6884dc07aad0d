// SPDX-License-Identifier: Apache-2.0
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite struct QuotaTests {
  private let quota = Quota(ofUser: 4, ofSandbox: 2, ofSandboxes: 3)
  private static let (a, b, c) = (Sandbox(.flatpak, "a"), Sandbox(.flatpak, "b"), Sandbox(.snap, "a"))

  @Test func whatSandboxesHaveIsNotTheUsers() {
    let full: [Sandbox?] = [Self.a, Self.a, Self.b]
    #expect(quota.limit(for: nil, among: full) == nil)
    #expect(quota.limit(for: nil, among: full + [nil, nil, nil]) == nil)
    #expect(quota.limit(for: nil, among: [nil, nil, nil, nil]) == .own)
  }

  @Test func whatTheUserHasIsNotASandboxes() {
    #expect(quota.limit(for: Self.a, among: [nil, nil, nil, nil]) == nil)
  }

  @Test func oneSandboxLeavesSomethingToTheNext() {
    #expect(quota.limit(for: Self.a, among: [Self.a, Self.a]) == .own)
    #expect(quota.limit(for: Self.c, among: [Self.a, Self.a]) == nil)
    #expect(quota.limit(for: Self.c, among: [Self.a, Self.a, Self.b]) == .others)
  }

  @Test func theOldestOfEachAreTooMany() {
    #expect(quota.surplus(among: [nil, Self.a, nil, Self.a, Self.a]) == [1])
    #expect(quota.surplus(among: [Self.a, Self.b, Self.c, Self.a]) == [0])
    #expect(quota.surplus(among: Array(repeating: nil, count: 6)) == [0, 1])
    #expect(quota.surplus(among: []).isEmpty)
  }
}
