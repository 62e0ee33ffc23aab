#include "net/http_parser.h"

#include <array>
#include <gtest/gtest.h>

namespace tandem::net {
namespace {

std::variant<RequestHead, HttpSyntaxError> parse(std::string_view head) {
  HeadScanner scanner;
  const auto result = scanner.scan(head);
  if (result == HeadScanner::Result::kBad) return HttpSyntaxError{400, "line feed"};
  if (result == HeadScanner::Result::kMore) return HttpSyntaxError{0, "incomplete"};
  return parse_request_head(head.substr(0, scanner.size()));
}

int status_of(std::string_view head) {
  const auto parsed = parse(head);
  const auto* error = std::get_if<HttpSyntaxError>(&parsed);
  return error != nullptr ? error->status : 200;
}

TEST(RequestHead, ReadsLineFieldsAndFraming) {
  const auto parsed = parse(
      "POST /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nX-Empty:\r\nX-Two:  a b \t\r\nContent-Length: "
      "5\r\n\r\n");
  const auto& head = std::get<RequestHead>(parsed);
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/a%20b?x=1");
  EXPECT_EQ(head.headers.get("x-two"), "a b");
  EXPECT_EQ(head.headers.get("X-EMPTY"), "");
  EXPECT_EQ(head.framing.content_length, 5u);
  EXPECT_FALSE(head.framing.chunked);
  EXPECT_TRUE(head.keep_alive);
}

TEST(RequestHead, PersistenceFollowsVersionAndConnection) {
  const auto keep = [](std::string_view head) {
    return std::get<RequestHead>(parse(head)).keep_alive;
  };
  EXPECT_TRUE(keep("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(keep("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n"));
  EXPECT_FALSE(keep("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keep("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
}

TEST(RequestHead, AbsoluteFormReplacesHost) {
  // RFC 9112 §3.2.2.
  const auto parsed = parse("GET http://b:81?q HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto& head = std::get<RequestHead>(parsed);
  EXPECT_EQ(head.target, "/?q");
  EXPECT_EQ(head.headers.all("host"), std::vector<std::string_view>{"b:81"});
}

struct BadHead {
  int status;
  std::string_view bytes;
};

TEST(RequestHead, RefusesMalformedInput) {
  using namespace std::string_view_literals;
  const auto table = std::to_array<BadHead>({
      {400, "GET /\r\nHost: h\r\n\r\n"},                         // HTTP/0.9
      {400, "GET  HTTP/1.1\r\nHost: h\r\n\r\n"},                 // no target
      {400, "GET / x HTTP/1.1\r\nHost: h\r\n\r\n"},              // space in target
      {400, "G\x01T / HTTP/1.1\r\nHost: h\r\n\r\n"},             // method is no token
      {400, "GET /\xC3\xA4 HTTP/1.1\r\nHost: h\r\n\r\n"},        // not ASCII
      {400, "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"sv},            // NUL
      {400, "GET foo HTTP/1.1\r\nHost: h\r\n\r\n"},              // no form of target
      {400, "GET http HTTP/1.1\r\nHost: h\r\n\r\n"},             // a scheme and nothing else
      {400, "GET https HTTP/1.1\r\nHost: h\r\n\r\n"},            //
      {400, "GET http: HTTP/1.1\r\nHost: h\r\n\r\n"},            //
      {400, "GET http://?q HTTP/1.1\r\nHost: h\r\n\r\n"},        // no authority
      {400, "GET ftp://x/ HTTP/1.1\r\nHost: h\r\n\r\n"},         // other scheme
      {400, "GET * HTTP/1.1\r\nHost: h\r\n\r\n"},                // only for OPTIONS
      {501, "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n"},          //
      {400, "GET / HTTQ/1.1\r\nHost: h\r\n\r\n"},                //
      {400, "GET / HTTP/1.10\r\nHost: h\r\n\r\n"},               //
      {505, "GET / HTTP/2.0\r\nHost: h\r\n\r\n"},                //
      {400, "GET / HTTP/1.1\r\n\r\n"},                           // no Host
      {400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},     // two Hosts
      {400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},              //
      {400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},              //
      {400, "GET / HTTP/1.1\r\nHost : h\r\n\r\n"},               // blank before the colon
      {400, "GET / HTTP/1.1\r\nHost: h\r\nX\r\n\r\n"},           // no colon
      {400, "GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n"},         // no name
      {400, "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n"},  // folded
      {400, "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n"},     // bare carriage return
      {400, "GET / HTTP/1.1\r\nHost: h\r\nX: \x7F\r\n\r\n"},     //
      {400, "GET / HTTP/1.1\nHost: h\n\n"},                      // bare line feeds
      {501, "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
      {501, "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n"},
      {400,
       "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
       "Transfer-Encoding: chunked\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"},
      {400, "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 2\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x1\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n"},
      {417, "GET / HTTP/1.1\r\nHost: h\r\nExpect: magic\r\n\r\n"},
  });
  for (const BadHead& row : table) EXPECT_EQ(status_of(row.bytes), row.status) << row.bytes;
}

TEST(RequestHead, AcceptsUnusualButValidInput) {
  for (const std::string_view head : {
           "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
           "GET / HTTP/1.1\r\nHost:\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n",
           "GET / HTTP/1.0\r\nExpect: magic\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\r\nX: \xE9\r\n\r\n",
       }) {
    EXPECT_EQ(status_of(head), 200) << head;
  }
}

TEST(RequestHead, BoundsTheNumberOfFields) {
  std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 300; ++i) head += "a:\r\n";
  EXPECT_EQ(status_of(head + "\r\n"), 431);
}

TEST(HeadScanner, FindsTheEndHoweverTheBytesArrive) {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n\r\nrest";
  HeadScanner scanner;
  for (std::size_t size = 0; size < head.size(); ++size) {
    const auto result = scanner.scan(std::string_view(head).substr(0, size));
    if (result == HeadScanner::Result::kFound) break;
    ASSERT_EQ(result, HeadScanner::Result::kMore);
  }
  EXPECT_EQ(scanner.size(), head.size() - 4);
}

TEST(ResponseHead, ReadsStatusAndRefusesNonsense) {
  const auto good = parse_response_head("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(std::get<ResponseHead>(good).status, 404);
  const auto short_line = parse_response_head("HTTP/1.1 200\r\n\r\n");
  EXPECT_EQ(std::get<ResponseHead>(short_line).status, 200);
  for (const std::string_view bad :
       {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 200OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n"}) {
    EXPECT_TRUE(std::holds_alternative<HttpSyntaxError>(parse_response_head(bad))) << bad;
  }
}

ChunkDecoder::Result decode(std::string_view bytes, std::size_t step, std::string& body,
                            std::size_t limit = 1000) {
  ChunkDecoder decoder(limit);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, step);
    std::string_view input = piece;
    const auto result = decoder.feed(input, body);
    bytes.remove_prefix(piece.size() - input.size());
    if (result != ChunkDecoder::Result::kMore) return result;
  }
  return ChunkDecoder::Result::kMore;
}

TEST(ChunkDecoder, DecodesHoweverTheBytesArrive) {
  const std::string_view bytes =
      "5\r\nhello\r\nA;name=\"v\"\r\n0123456789\r\n00\r\nTrailer: x\r\n\r\nnext";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    std::string body;
    EXPECT_EQ(decode(bytes, step, body), ChunkDecoder::Result::kDone);
    EXPECT_EQ(body, "hello0123456789");
  }
}

TEST(ChunkDecoder, RefusesMalformedChunks) {
  for (const std::string_view bytes :
       {"x\r\n", "-1\r\n", "5 5\r\nhello\r\n", "5\nhello\r\n", "5\r\nhelloX\r\n", "\r\n",
        "1\r\naa\r\n", "10000000000000000\r\n", "0x5\r\n", "0\r\na\x01\r\n\r\n"}) {
    for (const std::size_t step : {1u, 100u}) {
      std::string body;
      EXPECT_EQ(decode(bytes, step, body), ChunkDecoder::Result::kBad) << bytes;
    }
  }
}

TEST(ChunkDecoder, BoundsContentSizeLinesAndTrailers) {
  std::string body;
  EXPECT_EQ(decode("3E9\r\n", 100, body), ChunkDecoder::Result::kTooLarge);
  EXPECT_EQ(decode("fffffffffffffff\r\n", 100, body), ChunkDecoder::Result::kTooLarge);
  EXPECT_EQ(decode("5;" + std::string(5000, 'x') + "\r\n", 100, body), ChunkDecoder::Result::kBad);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 5000; ++i) trailers += "a: bcd\r\n";
  EXPECT_EQ(decode(trailers, 100, body), ChunkDecoder::Result::kBad);
}

}  // namespace
}  // namespace tandem::net
