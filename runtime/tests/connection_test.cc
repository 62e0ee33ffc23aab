#include "connection.h"

#include <gtest/gtest.h>

#include "fake_server.h"
#include "tandem/aws_client.h"

namespace tandem::lambda_runtime {
namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nhost: x\r\n";

Connection::Clock::time_point soon() { return Connection::Clock::now() + std::chrono::seconds(10); }

TEST(Connection, ReadsSizedChunkedAndUnboundedAnswersOverOneConnection) {
  FakeServer server(
      {{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:  b \r\n\r\nhello"},
       {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\n"
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nT: v\r\n\r\n"},
       {"HTTP/1.1 204 No Content\r\n\r\n"},
       {"HTTP/1.1 200 OK\r\n\r\nto the end", true}});
  Connection connection(Endpoint::parse("http://" + server.address()));
  const HttpAnswer first = connection.send(kGet, "", soon());
  EXPECT_EQ(first.body, "hello");
  EXPECT_EQ(first.header("x-a"), "b");
  const HttpAnswer second = connection.send(kGet, "", soon());
  EXPECT_EQ(second.status, 202);
  EXPECT_EQ(second.body, "abcdefg");
  EXPECT_EQ(connection.send(kGet, "", soon()).status, 204);
  EXPECT_EQ(connection.send(kGet, "", soon()).body, "to the end");
  EXPECT_EQ(server.connections(), 1);
}

TEST(Connection, ReplacesAKeptConnectionThatWasClosed) {
  FakeServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1", true},
                     {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2"}});
  Connection connection(Endpoint::parse("http://" + server.address()));
  EXPECT_EQ(connection.send(kGet, "", soon()).body, "1");
  EXPECT_EQ(connection.send(kGet, "", soon()).body, "2");
  EXPECT_EQ(server.connections(), 2);
}

TEST(Connection, NonsenseIsATransportError) {
  for (const char* nonsense : {"hello\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                               "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
                               "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
                               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                               "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"}) {
    FakeServer server({{nonsense, true}});
    Connection connection(Endpoint::parse("http://" + server.address()));
    EXPECT_THROW(connection.send(kGet, "", soon()), TransportError) << nonsense;
  }
}

TEST(Connection, GivesUpAtItsDeadline) {
  FakeServer server({{""}});
  Connection connection(Endpoint::parse("http://" + server.address()));
  const auto before = Connection::Clock::now();
  EXPECT_THROW(connection.send(kGet, "", before + std::chrono::milliseconds(50)), TransportError);
  EXPECT_LT(Connection::Clock::now() - before, std::chrono::seconds(5));
}

TEST(Endpoint, Parses) {
  EXPECT_EQ(Endpoint::parse("https://dynamodb.us-east-1.amazonaws.com/").authority(),
            "dynamodb.us-east-1.amazonaws.com");
  EXPECT_EQ(Endpoint::parse("http://127.0.10.1:8080").authority(), "127.0.10.1:8080");
  EXPECT_THROW(Endpoint::parse("ftp://x"), std::runtime_error);
  EXPECT_THROW(Endpoint::parse("http://x:0"), std::runtime_error);
  EXPECT_THROW(Endpoint::parse("http://"), std::runtime_error);
}

}  // namespace
}  // namespace tandem::lambda_runtime
