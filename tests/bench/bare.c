/* The yardstick: a C program that only starts. */
int
main(void)
{
    return 0;
}
