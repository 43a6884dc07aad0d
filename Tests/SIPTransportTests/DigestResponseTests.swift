// SPDX-License-Identifier: Apache-2.0
#if SIP
  @testable import SIPDialogs
  import SIPTransport
  import Testing

  /// The examples of the RFCs.
  struct DigestResponseTests {
    private func response(
      _ challenge: String, password: String, clientNonce: String
    ) throws -> String {
      let answer = DigestResponse(
        challenge: try DigestChallenge(challenge, isOfProxy: false),
        credentials: DigestCredentials(user: "Mufasa", password: password), method: "GET", uri: "/dir/index.html",
        clientNonce: clientNonce, count: 1)
      let values = try DigestChallenge.values(ArraySlice(answer.value(DigestHash.hash).dropFirst(7).utf8))
      return try #require(values["response"])
    }

    /// RFC 7616, 3.9.1.
    @Test(arguments: [
      ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
      ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ])
    func theExamplesOfRFC7616(algorithm: String, expected: String) throws {
      let challenge = """
        Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=\(algorithm), \
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
        """
      let response = try response(
        challenge, password: "Circle of Life", clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
      #expect(response == expected)
    }

    /// RFC 2617, 3.5.
    @Test func theExampleOfRFC2617() throws {
      let challenge = """
        Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", \
        opaque="5ccc069c403ebaf9f0171e9517f40e41"
        """
      #expect(
        try response(challenge, password: "Circle Of Life", clientNonce: "0a4f113b")
          == "6629fae49393a05397450978507c4ef1")
    }

    /// Made with Python's hashlib.
    @Test(arguments: [
      (#"realm="r", nonce="n""#, "9751d92a32ff61a7c3716b4554ed66dd"),
      (#"realm="r", nonce="n", algorithm=MD5-sess, qop="auth""#, "b7d3aedaa7e5fc933d4166d0246eeccf"),
      (
        #"realm="r", nonce="n", algorithm=SHA-512-256, qop=auth"#,
        "f55ad186d67a6e4caa1dee6a1f73d393289ca60b8a9bcc9c8fcd68fec5de7aec"
      ),
    ])
    func otherVariants(challenge: String, expected: String) throws {
      #expect(try response("Digest " + challenge, password: "p", clientNonce: "c") == expected)
    }
  }
#endif
