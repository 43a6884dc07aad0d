// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import FoundationEssentials
import LinuxFiles
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// The authorities of the account's servers, which a call keeps as they were at the launch.
@Suite(.timeLimit(.minutes(1))) struct SessionAuthoritiesTests {
  private let folder = TemporaryFolder()

  private func kept() throws -> String? {
    let answer = FileJob.readAuthorities(folder["ca.pem"]).perform()
    return try JSONDecoder().decode(FileAnswer<FileJob.Maybe<String>>.self, from: Data(answer)).value?.value
  }

  @Test func whatTheFileHasIsKept() throws {
    let text = "-----BEGIN CERTIFICATE-----\nä\n-----END CERTIFICATE-----\n"
    try Files.write(Array(text.utf8), to: folder["ca.pem"])
    #expect(try kept() == text)
  }

  @Test(arguments: ["", "nonsense"]) func whatHasNoCertificatesIsNot(text: String) throws {
    #expect(try kept() == nil)
    try Files.write(Array(text.utf8), to: folder["ca.pem"])
    #expect(try kept() == nil)
  }

  @Test func theNextEngineGetsThem() async throws {
    try await House.test { house in
      let id = SessionID()
      var record = SessionRecord.joined(id)
      record.spec.account = "me"
      record.spec.accountSettings = try Account([
        ("address", .string("sip:me@example.org")), ("ca-file", .string("/gone/ca.pem")),
      ])
      record.resume = "ticket"
      house.authorities[id] = "x"
      let session = Session(record, id: id, host: house, logger: .silent)
      #expect(session.join.account?.caFile == "/kept/\(id).pem")
      house.authorities = [:]
      #expect(session.join.account?.caFile == "/gone/ca.pem")
    }
  }
}
